// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {NativeRollup} from "../src/NativeRollup.sol";
import {Message} from "../src/messaging/Messages.sol";
import {OnL1} from "./support/Delivery.sol";
import {Recorder} from "./support/Recipients.sol";
import {TrieBuilder} from "./support/TrieBuilder.sol";

/// @notice What the rollup takes for a proof that a message was sent on L2.
contract ClaimOnL1Test is OnL1 {
    Message private _message;
    bytes[] private _accountProof;
    bytes[] private _storageProof;
    uint64 private _number;

    /// @dev A message among others, in the storage of an account among others.
    function setUp() public override {
        super.setUp();
        Message memory m = message(address(new Recorder()), "data");
        _message = m;
        _number = _state(hashOf(m), hex"01", 4);
    }

    function test_a_message_among_others_is_delivered() public {
        _claim(_number);
        vm.assertTrue(rollup.isClaimed(_message.nonce), "claimed");
    }

    function test_an_older_state_proves_as_well() public {
        advanceTo(keccak256("a later state"));
        _claim(_number);
    }

    function test_a_state_that_is_not_kept_proves_nothing() public {
        vm.expectRevert(abi.encodeWithSelector(NativeRollup.StateUnknown.selector, _number + 1));
        _claim(_number + 1);
    }

    function test_another_state_proves_nothing() public {
        vm.expectRevert(_traversal(TrieProof.ProofError.INVALID_ROOT));
        _claim(0);
    }

    function test_a_slot_that_does_not_say_one_proves_nothing() public {
        _number = _state(hashOf(_message), hex"02", 4);
        vm.expectRevert(abi.encodeWithSelector(NativeRollup.MessageNotSent.selector, hashOf(_message)));
        _claim(_number);
    }

    function test_another_slot_proves_nothing() public {
        _number = _state(hashOf(_message), hex"01", 5);
        _claimLeadsNowhere();
    }

    function test_another_message_is_not_proved() public {
        _message.value += 1;
        _claimLeadsNowhere();
    }

    function test_a_message_with_other_data_is_not_proved() public {
        _message.data = "Data";
        _claimLeadsNowhere();
    }

    function test_a_proof_cut_short_proves_nothing() public {
        _storageProof.pop();
        vm.expectRevert(_traversal(TrieProof.ProofError.INVALID_PROOF));
        _claim(_number);
    }

    function test_a_proof_with_more_nodes_proves_nothing() public {
        _storageProof.push(_storageProof[1]);
        vm.expectRevert(_traversal(TrieProof.ProofError.INVALID_EXTRA_PROOF_ELEMENT));
        _claim(_number);
    }

    function test_a_value_that_is_no_account_proves_nothing() public {
        (bytes32 stateRoot, bytes[] memory proof) = TrieBuilder.one(abi.encodePacked(address(L2)), hex"c20101");
        _accountProof = proof;
        _number = advanceTo(stateRoot);
        vm.expectRevert(NativeRollup.MalformedAccount.selector);
        _claim(_number);
    }

    /// @dev Every byte of a proof counts.
    function testFuzz_a_tampered_proof_is_refused(bool account, uint256 node, uint256 position, uint8 change) public {
        vm.assume(change != 0);
        bytes[] storage proof = account ? _accountProof : _storageProof;
        bytes memory bytes_ = proof[bound(node, 0, proof.length - 1)];
        position = bound(position, 0, bytes_.length - 1);
        bytes_[position] = bytes1(uint8(bytes_[position]) ^ change);
        proof[bound(node, 0, proof.length - 1)] = bytes_;
        vm.expectRevert();
        _claim(_number);
    }

    function _claim(uint64 number) private {
        rollup.claim(_message, number, _accountProof, _storageProof);
    }

    /// @dev The path of another key ends at an empty child, or at a leaf that is not its own.
    function _claimLeadsNowhere() private {
        try rollup.claim(_message, _number, _accountProof, _storageProof) {
            revert("claimed");
        } catch (bytes memory reason) {
            bytes4 error_ = bytes4(reason);
            vm.assertTrue(
                error_ == RLP.RLPInvalidEncoding.selector || error_ == TrieProof.TrieProofTraversalError.selector,
                "another error"
            );
        }
    }

    /// @dev Advances to a state where the word at `sent[hash]` has the RLP `value`, and keeps the proofs of it.
    function _state(bytes32 hash, bytes memory value, uint256 slot) private returns (uint64) {
        bytes memory key = abi.encode(keccak256(abi.encode(hash, slot)));
        (bytes32 storageRoot, bytes[] memory storageProof) = TrieBuilder.two(key, value, _apart(key, 32), hex"01");
        key = abi.encodePacked(address(L2));
        (bytes32 stateRoot, bytes[] memory accountProof) = TrieBuilder.two(
            key, TrieBuilder.account(1 ether, storageRoot), _apart(key, 20), TrieBuilder.account(1, bytes32(uint256(1)))
        );
        (_accountProof, _storageProof) = (accountProof, storageProof);
        return advanceTo(stateRoot);
    }

    /// @dev Another key of `length` bytes, whose hash parts from `key`'s at the first nibble.
    function _apart(bytes memory key, uint256 length) private pure returns (bytes memory other) {
        other = new bytes(length);
        for (uint8 i = 0; keccak256(key)[0] >> 4 == keccak256(other)[0] >> 4; ++i) {
            other[0] = bytes1(i);
        }
    }

    function _traversal(TrieProof.ProofError e) private pure returns (bytes memory) {
        return abi.encodeWithSelector(TrieProof.TrieProofTraversalError.selector, e);
    }

    receive() external payable {}
}
