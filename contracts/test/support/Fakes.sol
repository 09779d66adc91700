// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Stands where EXECUTE stands, and says what it is told to: by default that any input is a valid block of the
/// chain it names. Placed by `vm.etch`, in Forge's unit tests only.
contract FakeExecute {
    enum Mode {
        Accept,
        Halt,
        ShortAnswer,
        Refuse,
        OtherChain,
        OddSuccess,
        LongAnswer
    }

    /// @dev Slot 0, written by `vm.store`.
    Mode public mode;

    fallback(bytes calldata input) external returns (bytes memory) {
        Mode m = mode;
        if (m == Mode.Halt) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        bytes8 chainId = bytes8(input[10:18]);
        if (m == Mode.OtherChain) chainId = bytes8(uint64(chainId) ^ 1);
        bytes1 success = m == Mode.Refuse ? bytes1(0x00) : m == Mode.OddSuccess ? bytes1(0x02) : bytes1(0x01);
        bytes memory answer = abi.encodePacked(keccak256(input), success, chainId, input[1], input[0]);
        if (m == Mode.LongAnswer) return bytes.concat(answer, keccak256("of a later fork"));
        if (m == Mode.ShortAnswer) {
            assembly ("memory-safe") {
                mstore(answer, 42)
            }
        }
        return answer;
    }
}

/// @notice Stands where EIP-4788's or EIP-2935's contract stands: a word for a word, reverting when there is none.
contract FakeOracle {
    fallback(bytes calldata key) external returns (bytes memory) {
        bytes32 value;
        assembly ("memory-safe") {
            value := sload(calldataload(key.offset))
        }
        require(value != bytes32(0));
        return abi.encode(value);
    }
}
