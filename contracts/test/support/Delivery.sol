// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L2Messenger} from "../../src/L2Messenger.sol";
import {NativeRollup} from "../../src/NativeRollup.sol";
import {IMessenger} from "../../src/messaging/IMessenger.sol";
import {MESSAGE_TREE_DEPTH} from "../../src/messaging/MessageTree.sol";
import {Message, Messages} from "../../src/messaging/Messages.sol";
import {Fixture} from "./Fixture.sol";
import {TrieBuilder} from "./TrieBuilder.sol";

/// @notice A message and its proof, on either chain: what is asked of deliveries is asked of both messengers.
abstract contract Delivery is Fixture {
    address internal constant SENDER = address(0x5E4DE4);

    uint64 private _nonce;

    /// @dev The messenger under test.
    function messenger() internal view virtual returns (IMessenger);

    /// @dev Makes the other chain's state say that `m` was sent, and gives the call that claims it.
    function prove(Message memory m) internal virtual returns (bytes memory claim);

    /// @dev The hash of `m` towards the messenger under test.
    function hashOf(Message memory m) internal view virtual returns (bytes32);

    /// @dev A new message that nothing is wrong with.
    function message(address recipient, bytes memory data) internal returns (Message memory) {
        return Message({
            nonce: _nonce++,
            sender: SENDER,
            recipient: recipient,
            value: 1 ether,
            fee: 0.1 ether,
            gasLimit: 500_000,
            deadline: time + 1 days,
            refundTo: SENDER,
            data: data
        });
    }

    function call(bytes memory input) internal returns (bool success) {
        (success,) = address(messenger()).call(input);
    }

    /// @dev That the claim `input` reverts with `reason`. (A low-level call swallows what `vm.expectRevert` finds.)
    function refuse(bytes memory input, bytes memory reason) internal {
        (bool success, bytes memory got) = address(messenger()).call(input);
        vm.assertTrue(!success, "delivered");
        vm.assertEq(got, reason, "another error");
    }
}

/// @notice Messages from L2, delivered by the rollup.
abstract contract OnL1 is Delivery {
    function messenger() internal view override returns (IMessenger) {
        return rollup;
    }

    function prove(Message memory m) internal override returns (bytes memory) {
        (bytes32 storageRoot, bytes[] memory storageProof) =
            TrieBuilder.one(abi.encode(keccak256(abi.encode(hashOf(m), uint256(4)))), hex"01");
        (bytes32 stateRoot, bytes[] memory accountProof) =
            TrieBuilder.one(abi.encodePacked(address(L2)), TrieBuilder.account(1 ether, storageRoot));
        uint64 number = advanceTo(stateRoot);
        return abi.encodeCall(NativeRollup.claim, (m, number, accountProof, storageProof));
    }

    function hashOf(Message memory m) internal view override returns (bytes32) {
        return Messages.hash(m, keccak256("Bough.Message.L2ToL1"), L1_CHAIN_ID, address(rollup), L2_CHAIN_ID);
    }
}

/// @notice Messages from L1, delivered by the L2 messenger.
abstract contract OnL2 is Delivery {
    function messenger() internal pure override returns (IMessenger) {
        return L2;
    }

    function prove(Message memory m) internal override returns (bytes memory) {
        vm.chainId(L2_CHAIN_ID);
        // The only leaf there is, at its place.
        bytes32[MESSAGE_TREE_DEPTH] memory proof;
        bytes32 root = hashOf(m);
        bytes32 empty;
        for (uint256 level = 0; level < MESSAGE_TREE_DEPTH; ++level) {
            proof[level] = empty;
            root = (m.nonce >> level) & 1 == 1
                ? keccak256(abi.encodePacked(empty, root))
                : keccak256(abi.encodePacked(root, empty));
            empty = keccak256(abi.encodePacked(empty, empty));
        }
        setTime(time + 1);
        bytes32 l1BlockHash = keccak256("anchored L1 block");
        vm.store(BEACON_ROOTS, bytes32(uint256(time)), anchor(l1BlockHash, root));
        return abi.encodeCall(L2Messenger.claim, (m, time, l1BlockHash, root, proof));
    }

    function hashOf(Message memory m) internal view override returns (bytes32) {
        return Messages.hash(m, keccak256("Bough.Message.L1ToL2"), L1_CHAIN_ID, address(rollup), L2_CHAIN_ID);
    }
}
