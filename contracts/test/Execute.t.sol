// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {NativeRollup} from "../src/NativeRollup.sol";
import {FakeExecute} from "./support/Fakes.sol";
import {Fixture} from "./support/Fixture.sol";
import {InputBuilder} from "./support/InputBuilder.sol";

/// @notice What `advance` gives to EXECUTE, and what it makes of the answer.
contract ExecuteTest is Fixture {
    function test_execute_is_called_with_the_very_input() public {
        NativeRollup.BlockInput memory b = blockOf(goodFields());
        vm.expectCall(EXECUTE, b.input);
        advance(only(b));
    }

    function test_an_address_without_code_is_refused() public {
        vm.etch(EXECUTE, "");
        refuseBlock(goodFields(), abi.encodeWithSelector(NativeRollup.ExecuteAnswerTooShort.selector, 0));
    }

    function test_a_halt_is_refused() public {
        setExecute(FakeExecute.Mode.Halt);
        refuseBlock(goodFields(), abi.encodeWithSelector(NativeRollup.ExecuteFailed.selector));
    }

    function test_a_short_answer_is_refused() public {
        setExecute(FakeExecute.Mode.ShortAnswer);
        refuseBlock(goodFields(), abi.encodeWithSelector(NativeRollup.ExecuteAnswerTooShort.selector, 42));
    }

    function test_an_invalid_block_is_refused() public {
        setExecute(FakeExecute.Mode.Refuse);
        refuseBlock(goodFields(), abi.encodeWithSelector(NativeRollup.ExecuteRefused.selector));
        setExecute(FakeExecute.Mode.OddSuccess);
        refuseBlock(goodFields(), abi.encodeWithSelector(NativeRollup.ExecuteRefused.selector));
    }

    function test_an_answer_for_another_chain_is_refused() public {
        setExecute(FakeExecute.Mode.OtherChain);
        uint64 got = L2_CHAIN_ID ^ (uint64(1) << 56);
        refuseBlock(
            goodFields(), abi.encodeWithSelector(NativeRollup.ExecuteAnsweredForChain.selector, got, L2_CHAIN_ID)
        );
    }

    // What a later fork may do

    function test_a_longer_answer_is_taken() public {
        setExecute(FakeExecute.Mode.LongAnswer);
        advance(only(blockOf(goodFields())));
    }

    function testFuzz_another_schema_and_appended_fields_are_taken(InputBuilder.Shape memory shape) public {
        NativeRollup.BlockInput memory b = blockOf(goodFields());
        b.input = InputBuilder.build(goodFields(), shape);
        advance(only(b));
        (, uint64 number,) = rollup.head();
        vm.assertEq(uint256(number), 1, "number");
    }
}
