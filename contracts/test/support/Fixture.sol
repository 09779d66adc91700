// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L2Messenger} from "../../src/L2Messenger.sol";
import {NativeRollup} from "../../src/NativeRollup.sol";
import {SszInput} from "../../src/SszInput.sol";
import {FakeExecute, FakeOracle} from "./Fakes.sol";
import {InputBuilder} from "./InputBuilder.sol";
import {Test} from "./Vm.sol";

/// @notice A rollup on an L1 whose EXECUTE accepts everything, and the L2 messenger as genesis places it. Both stand on
/// one chain here, as nothing they do depends on the other's code.
/// @dev Time and height are kept here: the optimizer takes `block.timestamp` to be constant in a test.
abstract contract Fixture is Test {
    uint256 internal constant L1_CHAIN_ID = 31337;
    uint64 internal constant L2_CHAIN_ID = 8079;
    uint64 internal constant GAS_LIMIT = 15_000_000;
    uint64 internal constant WINDOW = 3600;
    uint64 internal constant TIMEOUT = 7200;
    uint256 internal constant ESCROW = 1000 ether;
    address internal constant SEQUENCER = address(0x5E9);
    bytes32 internal constant GENESIS_HASH = keccak256("genesis");
    bytes32 internal constant GENESIS_ROOT = keccak256("genesis state");
    L2Messenger internal constant L2 = L2Messenger(0xB006000000000000000000000000000000000001);
    address internal constant BEACON_ROOTS = 0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02;
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    address internal constant EXECUTE = address(0x0101);

    NativeRollup internal rollup;
    uint64 internal time = 2_000_000;
    uint64 internal height = 10_000;

    function setUp() public virtual {
        setTime(time);
        setHeight(height);
        vm.etch(EXECUTE, type(FakeExecute).runtimeCode);
        vm.etch(HISTORY, type(FakeOracle).runtimeCode);
        vm.etch(BEACON_ROOTS, type(FakeOracle).runtimeCode);
        vm.deal(address(this), ESCROW);
        rollup = new NativeRollup{value: ESCROW}(config());

        vm.etch(address(L2), type(L2Messenger).runtimeCode);
        vm.store(address(L2), bytes32(uint256(2)), bytes32(L1_CHAIN_ID));
        vm.store(address(L2), bytes32(uint256(3)), bytes32(uint256(uint160(address(rollup)))));
        vm.deal(address(L2), L2.PREMINT());
    }

    function config() internal view virtual returns (NativeRollup.Config memory) {
        return NativeRollup.Config({
            l2ChainId: L2_CHAIN_ID,
            gasLimit: GAS_LIMIT,
            timestampWindow: WINDOW,
            sequencer: SEQUENCER,
            sequencerTimeout: TIMEOUT,
            genesisHash: GENESIS_HASH,
            genesisStateRoot: GENESIS_ROOT,
            genesisTimestamp: time - 100,
            l2Messenger: address(L2)
        });
    }

    function setTime(uint64 t) internal {
        time = t;
        vm.warp(t);
    }

    function setHeight(uint64 h) internal {
        height = h;
        vm.roll(h);
    }

    /// @dev What L1 says the hash of its block `number` is, within 256 blocks.
    function l1Hash(uint64 number) internal returns (bytes32 hash) {
        hash = keccak256(abi.encode("L1 block", number));
        vm.setBlockhash(number, hash);
    }

    function setExecute(FakeExecute.Mode mode) internal {
        vm.store(EXECUTE, 0, bytes32(uint256(mode)));
    }

    function anchor(bytes32 l1BlockHash, bytes32 messageRoot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(l1BlockHash, messageRoot));
    }

    /// @dev The fields of a good child of the head, with timestamp now, anchored to the last L1 block and all messages.
    function goodFields() internal returns (SszInput.Fields memory) {
        (bytes32 parent, uint64 number,) = rollup.head();
        return fieldsAfter(parent, number, time);
    }

    function fieldsAfter(bytes32 parent, uint64 number, uint64 timestamp) internal returns (SszInput.Fields memory) {
        return SszInput.Fields({
            chainId: L2_CHAIN_ID,
            parentBeaconBlockRoot: anchor(l1Hash(height - 1), rollup.messageRoot()),
            parentHash: parent,
            stateRoot: keccak256(abi.encode("state", number + 1)),
            blockNumber: number + 1,
            gasLimit: GAS_LIMIT,
            timestamp: timestamp,
            blockHash: keccak256(abi.encode("block", number + 1, parent))
        });
    }

    /// @dev The block with `fields`, anchored to the last L1 block and all messages.
    function blockOf(SszInput.Fields memory fields) internal view returns (NativeRollup.BlockInput memory) {
        return NativeRollup.BlockInput({
            anchorBlock: height - 1,
            messageCount: rollup.messageCount(),
            input: InputBuilder.build(fields, InputBuilder.amsterdam())
        });
    }

    function only(NativeRollup.BlockInput memory b) internal pure returns (NativeRollup.BlockInput[] memory list) {
        list = new NativeRollup.BlockInput[](1);
        list[0] = b;
    }

    function advance(NativeRollup.BlockInput[] memory list) internal {
        vm.prank(SEQUENCER);
        rollup.advance(list);
    }

    function refuse(NativeRollup.BlockInput[] memory list, bytes memory reason) internal {
        vm.expectRevert(reason);
        advance(list);
    }

    function refuseBlock(SszInput.Fields memory f, bytes memory reason) internal {
        refuse(only(blockOf(f)), reason);
    }

    /// @dev Advances by one block with state `stateRoot`, a second later.
    function advanceTo(bytes32 stateRoot) internal returns (uint64 number) {
        setTime(time + 1);
        SszInput.Fields memory fields = goodFields();
        fields.stateRoot = stateRoot;
        NativeRollup.BlockInput[] memory list = only(blockOf(fields));
        vm.prank(SEQUENCER);
        rollup.advance(list);
        return fields.blockNumber;
    }
}
