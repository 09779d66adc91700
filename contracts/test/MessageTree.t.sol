// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MESSAGE_TREE_DEPTH, MessageTree} from "../src/messaging/MessageTree.sol";
import {NaiveTree} from "./support/NaiveTree.sol";
import {Test} from "./support/Vm.sol";

/// @notice The incremental tree against the naive one.
contract MessageTreeTest is Test {
    using MessageTree for MessageTree.Tree;

    MessageTree.Tree private _tree;

    function test_the_empty_root() public pure {
        (bytes32 root,) = NaiveTree.build(new bytes32[](0), 0);
        vm.assertEq(MessageTree.EMPTY_ROOT, root, "root");
    }

    function testFuzz_every_root_is_the_naive_one(bytes32[] memory leaves) public {
        vm.assume(leaves.length <= 40);
        bytes32[] memory prefix = new bytes32[](0);
        for (uint256 count = 0; count <= leaves.length; ++count) {
            (bytes32 root,) = NaiveTree.build(prefix, 0);
            vm.assertEq(_tree.rootAt(count, count), root, "live root");
            if (count == leaves.length) break;
            _tree.append(count, leaves[count]);
            prefix = _prefix(leaves, count + 1);
        }
        // All of them are kept.
        for (uint256 count = 0; count <= leaves.length; ++count) {
            (bytes32 root,) = NaiveTree.build(_prefix(leaves, count), 0);
            vm.assertEq(_tree.rootAt(count, leaves.length), root, "kept root");
        }
    }

    function testFuzz_proofs(bytes32[] memory leaves, uint256 index, bytes32 other) public view {
        vm.assume(leaves.length != 0 && leaves.length <= 40);
        index = bound(index, 0, leaves.length - 1);
        vm.assume(other != leaves[index]);
        (bytes32 root, bytes32[MESSAGE_TREE_DEPTH] memory proof) = NaiveTree.build(leaves, index);
        vm.assertEq(this.rootOf(leaves[index], index, proof), root, "proof");
        vm.assertTrue(this.rootOf(other, index, proof) != root, "another leaf");
    }

    function test_the_tree_has_an_end() public {
        this.append(2 ** 32 - 2);
        vm.expectRevert(MessageTree.TreeFull.selector);
        this.append(2 ** 32 - 1);
    }

    function test_roots_to_come_are_unknown() public {
        vm.expectRevert(abi.encodeWithSelector(MessageTree.RootUnknown.selector, 2, 1));
        this.rootAt(2, 1);
    }

    function test_65536_roots_are_kept() public {
        this.rootAt(1, 65_536);
        vm.expectRevert(abi.encodeWithSelector(MessageTree.RootUnknown.selector, 1, 65_537));
        this.rootAt(1, 65_537);
    }

    function append(uint256 index) external {
        _tree.append(index, bytes32(uint256(1)));
    }

    function rootAt(uint256 count, uint256 current) external view returns (bytes32) {
        return _tree.rootAt(count, current);
    }

    function rootOf(bytes32 leaf, uint256 index, bytes32[MESSAGE_TREE_DEPTH] calldata proof)
        external
        pure
        returns (bytes32)
    {
        return MessageTree.rootOf(leaf, index, proof);
    }

    function _prefix(bytes32[] memory leaves, uint256 count) private pure returns (bytes32[] memory prefix) {
        prefix = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            prefix[i] = leaves[i];
        }
    }
}
