// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SszInput} from "../../src/SszInput.sol";

/// @notice `SszInput.read` as a contract, for tests here and for the differential fuzzing against a Rust decoder.
contract SszInputHarness {
    /// @notice The fields of `input`, or `SszOutOfBounds`.
    function read(bytes calldata input) external pure returns (SszInput.Fields memory) {
        return SszInput.read(input);
    }
}
