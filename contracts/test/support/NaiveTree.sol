// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MESSAGE_TREE_DEPTH} from "../../src/messaging/MessageTree.sol";

/// @notice The message tree as one would write it down: level by level, over all leaves.
library NaiveTree {
    /// @notice The root of the tree of `leaves`, and the siblings on the path of leaf `index`.
    function build(bytes32[] memory leaves, uint256 index)
        internal
        pure
        returns (bytes32 root, bytes32[MESSAGE_TREE_DEPTH] memory proof)
    {
        bytes32[] memory level = leaves;
        bytes32 empty;
        for (uint256 i = 0; i < MESSAGE_TREE_DEPTH; ++i) {
            proof[i] = _node(level, index ^ 1, empty);
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 j = 0; j < above.length; ++j) {
                above[j] = keccak256(abi.encodePacked(_node(level, 2 * j, empty), _node(level, 2 * j + 1, empty)));
            }
            empty = keccak256(abi.encodePacked(empty, empty));
            (level, index) = (above, index / 2);
        }
        root = _node(level, 0, empty);
    }

    function _node(bytes32[] memory level, uint256 index, bytes32 empty) private pure returns (bytes32) {
        return index < level.length ? level[index] : empty;
    }
}
