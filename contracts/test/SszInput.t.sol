// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SszInput} from "../src/SszInput.sol";
import {InputBuilder} from "./support/InputBuilder.sol";
import {SszInputHarness} from "./support/SszInputHarness.sol";
import {Test} from "./support/Vm.sol";

/// @notice Reading the fields of an EXECUTE input.
contract SszInputTest is Test {
    SszInputHarness private _harness = new SszInputHarness();

    function testFuzz_reads_what_was_written(SszInput.Fields memory f, InputBuilder.Shape memory shape) public view {
        SszInput.Fields memory got = _harness.read(InputBuilder.build(f, shape));
        vm.assertEq(keccak256(abi.encode(got)), keccak256(abi.encode(f)), "fields");
    }

    /// @dev An input is read whole or refused by name, wherever it ends.
    function testFuzz_an_input_cut_short_is_refused(SszInput.Fields memory f, uint256 length) public view {
        bytes memory input = InputBuilder.build(f, InputBuilder.amsterdam());
        // The last field read is the block hash: 472 + 32 bytes of the payload.
        uint256 needed = 2 + 16 + 44 + 504;
        length = bound(length, 0, input.length);
        assembly ("memory-safe") {
            mstore(input, length)
        }
        _readOrRefuse(input, length >= needed);
    }

    function testFuzz_offsets_that_lead_nowhere_are_refused(uint32 offset, bool inner) public view {
        SszInput.Fields memory f;
        bytes memory input = InputBuilder.build(f, InputBuilder.amsterdam());
        uint256 position = inner ? 2 + 16 : 2;
        for (uint256 i = 0; i < 4; ++i) {
            input[position + i] = bytes1(uint8(offset >> (8 * i)));
        }
        try _harness.read(input) {}
        catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(SszInput.SszOutOfBounds.selector), "another error");
        }
    }

    function testFuzz_any_bytes_are_read_or_refused(bytes calldata input) public view {
        try _harness.read(input) {}
        catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(SszInput.SszOutOfBounds.selector), "another error");
        }
    }

    function test_where_an_empty_input_ends() public {
        vm.expectRevert(abi.encodeWithSelector(SszInput.SszOutOfBounds.selector, 2, 4, 0));
        _harness.read("");
    }

    function _readOrRefuse(bytes memory input, bool whole) private view {
        try _harness.read(input) {
            vm.assertTrue(whole, "read");
        } catch (bytes memory reason) {
            vm.assertTrue(!whole, "refused");
            vm.assertEq(bytes32(bytes4(reason)), bytes32(SszInput.SszOutOfBounds.selector), "another error");
        }
    }
}
