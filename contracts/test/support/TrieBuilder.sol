// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// @notice Real Merkle Patricia tries, of one or two leaves, with their proofs. Those of real states come from the
/// Rust tests.
library TrieBuilder {
    /// @notice The trie with `value` at `keccak256(key)`.
    function one(bytes memory key, bytes memory value) internal pure returns (bytes32 root, bytes[] memory proof) {
        proof = new bytes[](1);
        proof[0] = _leaf(keccak256(key), 0, value);
        root = keccak256(proof[0]);
    }

    /// @notice The trie with `value` at `keccak256(key)` and `otherValue` at `keccak256(other)`, and the proof of the
    /// first. The two keys must part at the first nibble.
    function two(bytes memory key, bytes memory value, bytes memory other, bytes memory otherValue)
        internal
        pure
        returns (bytes32 root, bytes[] memory proof)
    {
        (bytes32 a, bytes32 b) = (keccak256(key), keccak256(other));
        require(uint8(a[0]) >> 4 != uint8(b[0]) >> 4, "keys part later");
        proof = new bytes[](2);
        proof[1] = _leaf(a, 1, value);

        bytes[] memory items = new bytes[](17);
        for (uint256 i = 0; i < 17; ++i) {
            items[i] = hex"80";
        }
        items[uint8(a[0]) >> 4] = RLP.encode(abi.encodePacked(keccak256(proof[1])));
        items[uint8(b[0]) >> 4] = RLP.encode(abi.encodePacked(keccak256(_leaf(b, 1, otherValue))));
        proof[0] = RLP.encode(items);
        root = keccak256(proof[0]);
    }

    /// @notice The RLP of an account with storage.
    function account(uint256 balance, bytes32 storageRoot) internal pure returns (bytes memory) {
        bytes[] memory items = new bytes[](4);
        items[0] = RLP.encode(uint256(1));
        items[1] = RLP.encode(balance);
        items[2] = RLP.encode(abi.encodePacked(storageRoot));
        items[3] = RLP.encode(abi.encodePacked(keccak256("code")));
        return RLP.encode(items);
    }

    /// @dev A leaf whose path is what is left of `key` after 0 or 1 nibbles.
    function _leaf(bytes32 key, uint256 skip, bytes memory value) private pure returns (bytes memory) {
        bytes memory path = skip == 0
            ? abi.encodePacked(bytes1(0x20), key)
            : abi.encodePacked(bytes1(0x30 | (uint8(key[0]) & 0x0f)), _tail(key));
        bytes[] memory items = new bytes[](2);
        items[0] = RLP.encode(path);
        items[1] = RLP.encode(value);
        return RLP.encode(items);
    }

    function _tail(bytes32 key) private pure returns (bytes memory tail) {
        tail = new bytes(31);
        for (uint256 i = 0; i < 31; ++i) {
            tail[i] = key[i + 1];
        }
    }
}
