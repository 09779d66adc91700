// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MESSAGE_TREE_DEPTH} from "../src/messaging/MessageTree.sol";
import {Message, Messages} from "../src/messaging/Messages.sol";
import {NativeRollup} from "../src/NativeRollup.sol";
import {Fixture} from "./support/Fixture.sol";
import {NaiveTree} from "./support/NaiveTree.sol";

/// @notice `vectors/messages.json` is what these contracts compute; whoever computes it elsewhere compares with that
/// file. With BOUGH_WRITE_VECTORS=true it is written anew.
contract VectorsTest is Fixture {
    string private constant PATH = "vectors/messages.json";
    /// @dev The first contract of the first test account is at 0x5FbDB2315678afecb367f032d93F642f64180aa3.
    address private constant DEPLOYER = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;
    uint256 private constant LEAVES = 5;

    Message[] private _sent;

    function setUp() public override {
        super.setUp();
        NativeRollup.Config memory c = config();
        vm.setNonce(DEPLOYER, 0);
        vm.prank(DEPLOYER);
        rollup = new NativeRollup(c);
        vm.store(address(L2), bytes32(uint256(3)), bytes32(uint256(uint160(address(rollup)))));
        for (uint64 i = 0; i < LEAVES; ++i) {
            _sent.push(_message(i));
        }
    }

    function test_vectors() public {
        string memory computed = _json();
        if (vm.envOr("BOUGH_WRITE_VECTORS", false)) vm.writeFile(PATH, computed);
        vm.assertEq(vm.readFile(PATH), computed, PATH);
    }

    /// @dev That the vectors' hashes are the ones the contracts emit: senders, values and deadlines as in the messages.
    function test_the_contracts_agree_with_the_vectors() public {
        for (uint256 i = 0; i < LEAVES; ++i) {
            Message memory m = _sent[i];
            vm.deal(m.sender, m.value + m.fee);
            vm.prank(m.sender);
            rollup.sendMessage{value: m.value + m.fee}(m.recipient, m.fee, m.gasLimit, m.deadline, m.refundTo, m.data);
            (bytes32 root,) = NaiveTree.build(_leaves(i + 1), 0);
            vm.assertEq(rollup.messageRoot(), root, "root");
        }
        vm.chainId(L2_CHAIN_ID);
        for (uint256 i = 0; i < LEAVES; ++i) {
            Message memory m = _sent[i];
            vm.deal(m.sender, m.value + m.fee);
            vm.prank(m.sender);
            L2.sendMessage{value: m.value + m.fee}(m.recipient, m.fee, m.gasLimit, m.deadline, m.refundTo, m.data);
            vm.assertTrue(L2.sent(_hash(m, Messages.L2_TO_L1)), "sent");
        }
    }

    function _message(uint64 i) private pure returns (Message memory) {
        bytes memory data = new bytes(uint256(i) * 31);
        for (uint256 j = 0; j < data.length; ++j) {
            data[j] = bytes1(uint8(j + 1));
        }
        return Message({
            nonce: i,
            sender: address(uint160(uint256(keccak256(abi.encode("sender", i))))),
            recipient: address(uint160(uint256(keccak256(abi.encode("recipient", i))))),
            value: i * 1 ether,
            fee: i * 1 gwei + 1,
            gasLimit: 21_000 * i,
            deadline: 4_000_000_000 + i,
            refundTo: address(uint160(uint256(keccak256(abi.encode("refund", i))))),
            data: data
        });
    }

    function _hash(Message memory m, bytes32 tag) private view returns (bytes32) {
        return Messages.hash(m, tag, L1_CHAIN_ID, address(rollup), L2_CHAIN_ID);
    }

    function _leaves(uint256 count) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = _hash(_sent[i], Messages.L1_TO_L2);
        }
    }

    function _json() private view returns (string memory) {
        return string.concat(
            "{\n",
            _field("l1ChainId", vm.toString(L1_CHAIN_ID), 2, false),
            _field("rollup", _quoted(vm.toString(address(rollup))), 2, false),
            _field("l2ChainId", vm.toString(uint256(L2_CHAIN_ID)), 2, false),
            _field("messages", string.concat("[\n", _messages(), "  ]"), 2, false),
            _field("roots", string.concat("[\n", _roots(), "  ]"), 2, false),
            _field("proof", string.concat("{\n", _proof(), "  }"), 2, false),
            _field("anchor", string.concat("{\n", _anchor(), "  }"), 2, false),
            _field("preconfirmation", string.concat("{\n", _preconfirmation(), "  }"), 2, true),
            "}\n"
        );
    }

    /// @dev The same messages in both directions.
    function _messages() private view returns (string memory json) {
        for (uint256 i = 0; i < LEAVES; ++i) {
            Message memory m = _sent[i];
            json = string.concat(
                json,
                "    {\n",
                _field("nonce", vm.toString(uint256(m.nonce)), 6, false),
                _field("sender", _quoted(vm.toString(m.sender)), 6, false),
                _field("recipient", _quoted(vm.toString(m.recipient)), 6, false),
                _field("value", _quoted(vm.toString(m.value)), 6, false),
                _field("fee", _quoted(vm.toString(m.fee)), 6, false),
                _field("gasLimit", vm.toString(uint256(m.gasLimit)), 6, false),
                _field("deadline", vm.toString(uint256(m.deadline)), 6, false)
            );
            json = string.concat(
                json,
                _field("refundTo", _quoted(vm.toString(m.refundTo)), 6, false),
                _field("data", _quoted(vm.toString(m.data)), 6, false),
                _field("hashL1ToL2", _quoted(vm.toString(_hash(m, Messages.L1_TO_L2))), 6, false),
                _field("hashL2ToL1", _quoted(vm.toString(_hash(m, Messages.L2_TO_L1))), 6, true),
                i == LEAVES - 1 ? "    }\n" : "    },\n"
            );
        }
    }

    /// @dev The root after 0, 1, … of the messages, L1 to L2.
    function _roots() private view returns (string memory json) {
        for (uint256 count = 0; count <= LEAVES; ++count) {
            (bytes32 root,) = NaiveTree.build(_leaves(count), 0);
            json = string.concat(json, "    ", _quoted(vm.toString(root)), count == LEAVES ? "\n" : ",\n");
        }
    }

    /// @dev The siblings of leaf 2 of all, from the leaves up.
    function _proof() private view returns (string memory json) {
        (bytes32 root, bytes32[MESSAGE_TREE_DEPTH] memory proof) = NaiveTree.build(_leaves(LEAVES), 2);
        for (uint256 i = 0; i < MESSAGE_TREE_DEPTH; ++i) {
            json = string.concat(
                json, "      ", _quoted(vm.toString(proof[i])), i == MESSAGE_TREE_DEPTH - 1 ? "\n" : ",\n"
            );
        }
        return string.concat(
            _field("index", "2", 4, false),
            _field("root", _quoted(vm.toString(root)), 4, false),
            _field("siblings", string.concat("[\n", json, "    ]"), 4, true)
        );
    }

    function _anchor() private view returns (string memory) {
        bytes32 l1BlockHash = keccak256("an L1 block");
        (bytes32 root,) = NaiveTree.build(_leaves(LEAVES), 0);
        return string.concat(
            _field("l1BlockHash", _quoted(vm.toString(l1BlockHash)), 4, false),
            _field("messageRoot", _quoted(vm.toString(root)), 4, false),
            _field("anchor", _quoted(vm.toString(anchor(l1BlockHash, root))), 4, true)
        );
    }

    function _preconfirmation() private view returns (string memory) {
        (bytes32 parent, bytes32 hash) = (keccak256("parent"), keccak256("block"));
        return string.concat(
            _field("number", "7", 4, false),
            _field("parentHash", _quoted(vm.toString(parent)), 4, false),
            _field("blockHash", _quoted(vm.toString(hash)), 4, false),
            _field("digest", _quoted(vm.toString(rollup.preconfirmationDigest(7, parent, hash))), 4, true)
        );
    }

    function _field(string memory name, string memory value, uint256 indent, bool last)
        private
        pure
        returns (string memory)
    {
        bytes memory spaces = new bytes(indent);
        for (uint256 i = 0; i < indent; ++i) {
            spaces[i] = " ";
        }
        return string.concat(string(spaces), _quoted(name), ": ", value, last ? "\n" : ",\n");
    }

    function _quoted(string memory s) private pure returns (string memory) {
        return string.concat('"', s, '"');
    }
}
