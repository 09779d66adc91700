// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @dev Levels of the message tree above its leaves.
uint256 constant MESSAGE_TREE_DEPTH = 32;

/// @notice The Merkle tree of messages from L1 to L2: 2^32 leaves, filled from the left, the rest zero.
/// @dev A node is `keccak256(left || right)`, a leaf is the hash of a message and never zero, an empty leaf is
/// `bytes32(0)`. As in the deposit contract, only the left siblings of the next leaf's path are kept.
library MessageTree {
    /// @dev The last root of this many are kept. To push one out takes as many messages, above 4 Ggas in all.
    uint256 internal constant ROOTS = 65_536;
    /// @dev The root of the tree with no message. A test computes it anew.
    bytes32 internal constant EMPTY_ROOT = 0x27ae5ba08d7291c96c8cbddcc148bf48a6d68c7974b94356f53754ef6171d757;

    /// @notice The tree cannot hold another message.
    error TreeFull();
    /// @notice The root after `count` messages is not known yet, or no longer.
    error RootUnknown(uint256 count, uint256 current);

    /// @param left For each level, the last node there that is a left sibling with all its leaves.
    /// @param roots The root after `count` messages, at `count % ROOTS`.
    struct Tree {
        bytes32[MESSAGE_TREE_DEPTH] left;
        mapping(uint256 slot => bytes32 root) roots;
    }

    /// @notice Appends `leaf` as leaf number `index`, which must be the number of leaves so far, and keeps the new root.
    function append(Tree storage tree, uint256 index, bytes32 leaf) internal {
        // The last leaf stays empty, so that the count fits in as many bits as an index.
        require(index < 2 ** MESSAGE_TREE_DEPTH - 1, TreeFull());
        bytes32 node = leaf;
        bytes32 empty = bytes32(0);
        bool kept = false;
        for (uint256 level = 0; level < MESSAGE_TREE_DEPTH; ++level) {
            if ((index >> level) & 1 == 1) {
                node = Hashes.efficientKeccak256(tree.left[level], node);
            } else {
                // All leaves below `node` are there only at the first level where it is a left node.
                if (!kept) {
                    tree.left[level] = node;
                    kept = true;
                }
                node = Hashes.efficientKeccak256(node, empty);
            }
            empty = Hashes.efficientKeccak256(empty, empty);
        }
        tree.roots[(index + 1) % ROOTS] = node;
    }

    /// @notice The root after `count` messages, of a tree that has `current` messages.
    function rootAt(Tree storage tree, uint256 count, uint256 current) internal view returns (bytes32) {
        require(count <= current && current - count < ROOTS, RootUnknown(count, current));
        return count == 0 ? EMPTY_ROOT : tree.roots[count % ROOTS];
    }

    /// @notice The root that `proof`, siblings from the leaves up, gives to `leaf` at `index`.
    function rootOf(bytes32 leaf, uint256 index, bytes32[MESSAGE_TREE_DEPTH] calldata proof)
        internal
        pure
        returns (bytes32 node)
    {
        node = leaf;
        for (uint256 level = 0; level < MESSAGE_TREE_DEPTH; ++level) {
            bytes32 sibling = proof[level];
            node = (index >> level) & 1 == 1
                ? Hashes.efficientKeccak256(sibling, node)
                : Hashes.efficientKeccak256(node, sibling);
        }
    }
}
