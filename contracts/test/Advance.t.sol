// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {NativeRollup} from "../src/NativeRollup.sol";
import {SszInput} from "../src/SszInput.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice What `advance` takes, and each thing it refuses.
contract AdvanceTest is Fixture {
    function test_a_good_block_is_the_head() public {
        SszInput.Fields memory f = goodFields();
        NativeRollup.BlockInput memory b = blockOf(f);
        vm.expectEmit();
        emit NativeRollup.Advanced(1, f.blockHash, f.stateRoot, keccak256(b.input));
        advance(only(b));

        (bytes32 hash, uint64 number, uint64 timestamp) = rollup.head();
        vm.assertEq(hash, f.blockHash, "hash");
        vm.assertEq(uint256(number), 1, "number");
        vm.assertEq(uint256(timestamp), time, "timestamp");
        (uint64 anchorBlock, uint64 count) = rollup.anchored();
        vm.assertEq(uint256(anchorBlock), height - 1, "anchor");
        vm.assertEq(uint256(count), 0, "count");
        (bytes32 root, uint64 timestamp_) = rollup.stateAt(1);
        vm.assertEq(root, f.stateRoot, "state");
        vm.assertEq(uint256(timestamp_), time, "state's timestamp");
        vm.assertEq(uint256(rollup.lastAdvance()), time, "last advance");
    }

    function test_genesis_is_a_state() public view {
        (bytes32 root, uint64 timestamp_) = rollup.stateAt(0);
        vm.assertEq(root, GENESIS_ROOT, "root");
        vm.assertEq(uint256(timestamp_), time - 100, "timestamp");
    }

    function test_several_blocks_at_once() public {
        NativeRollup.BlockInput[] memory list = _chain(4);
        vm.recordLogs();
        advance(list);
        vm.assertEq(vm.getRecordedLogs().length, 4, "an event for each");
        (, uint64 number,) = rollup.head();
        vm.assertEq(uint256(number), 4, "number");
        rollup.stateAt(4);
        // Only the last state of a call is kept.
        vm.expectRevert(abi.encodeWithSelector(NativeRollup.StateUnknown.selector, 3));
        rollup.stateAt(3);
    }

    function test_several_blocks_stand_or_fall_together() public {
        NativeRollup.BlockInput[] memory list = _chain(3);
        list[2].input = list[1].input;
        (bytes32 before,,) = rollup.head();
        vm.expectPartialRevert(NativeRollup.WrongParent.selector);
        advance(list);
        (bytes32 hash,,) = rollup.head();
        vm.assertEq(hash, before, "head");
    }

    function test_the_ring_forgets_after_8191_states() public {
        bytes32 slotOfHead = bytes32(uint256(5));
        uint256 packed = 8190 | (uint256(time - 50) << 64);
        vm.store(address(rollup), slotOfHead, bytes32(packed));
        advanceTo(keccak256("state 8191"));
        rollup.stateAt(8191);
        vm.expectRevert(abi.encodeWithSelector(NativeRollup.StateUnknown.selector, 0));
        rollup.stateAt(0);
    }

    function test_nothing_is_refused() public {
        refuse(new NativeRollup.BlockInput[](0), abi.encodeWithSelector(NativeRollup.NoBlocks.selector));
    }

    // The next block of this chain

    function test_another_chain_is_refused() public {
        SszInput.Fields memory f = goodFields();
        f.chainId = 1;
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.WrongChainId.selector, 1, L2_CHAIN_ID));
    }

    function test_another_parent_is_refused() public {
        SszInput.Fields memory f = goodFields();
        f.parentHash = keccak256("other");
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.WrongParent.selector, f.parentHash, GENESIS_HASH));
    }

    function test_another_number_is_refused() public {
        SszInput.Fields memory f = goodFields();
        f.blockNumber = 2;
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.WrongNumber.selector, 2, 1));
    }

    function test_another_gas_limit_is_refused() public {
        SszInput.Fields memory f = goodFields();
        f.gasLimit = GAS_LIMIT + 1;
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.WrongGasLimit.selector, GAS_LIMIT + 1, GAS_LIMIT));
    }

    function test_a_truncated_input_is_refused() public {
        NativeRollup.BlockInput memory b = blockOf(goodFields());
        b.input = hex"150110000000";
        refuse(only(b), abi.encodeWithSelector(SszInput.SszOutOfBounds.selector, 18, 4, 6));
    }

    // Time

    function test_the_window() public {
        SszInput.Fields memory f = goodFields();
        setTime(time + 2 * WINDOW);
        f.timestamp = time - WINDOW - 1;
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.TimestampTooOld.selector, f.timestamp, time - WINDOW));
        f.timestamp = time + 1;
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.TimestampInFuture.selector, f.timestamp, time));
        f.timestamp = type(uint64).max;
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.TimestampInFuture.selector, f.timestamp, time));
        f.timestamp = time - WINDOW;
        advance(only(blockOf(f)));
    }

    function test_time_goes_on() public {
        SszInput.Fields memory f = goodFields();
        f.timestamp = time - 100;
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.TimestampNotAfterParent.selector, time - 100, time - 100));
    }

    // Anchor

    function test_another_anchor_is_refused() public {
        SszInput.Fields memory f = goodFields();
        bytes32 good = f.parentBeaconBlockRoot;
        f.parentBeaconBlockRoot = keccak256("other");
        refuseBlock(f, abi.encodeWithSelector(NativeRollup.WrongAnchor.selector, f.parentBeaconBlockRoot, good));
    }

    function test_anchors_never_go_back_and_may_be_used_again() public {
        advanceTo(keccak256("state"));
        uint64 last = height - 1;
        setHeight(height + 10);
        setTime(time + 1);

        SszInput.Fields memory f = goodFields();
        f.parentBeaconBlockRoot = anchor(l1Hash(last - 1), rollup.messageRoot());
        NativeRollup.BlockInput memory b = blockOf(f);
        b.anchorBlock = last - 1;
        refuse(only(b), abi.encodeWithSelector(NativeRollup.AnchorWentBack.selector, last - 1, last));

        f.parentBeaconBlockRoot = anchor(l1Hash(last), rollup.messageRoot());
        b = blockOf(f);
        b.anchorBlock = last;
        advance(only(b));
    }

    function test_an_anchor_older_than_256_blocks_is_read_from_history() public {
        uint64 old = height - 5000;
        bytes32 hash = keccak256("an old L1 block");
        SszInput.Fields memory f = goodFields();
        f.parentBeaconBlockRoot = anchor(hash, rollup.messageRoot());
        NativeRollup.BlockInput memory b = blockOf(f);
        b.anchorBlock = old;
        refuse(only(b), abi.encodeWithSelector(NativeRollup.AnchorUnknown.selector, old));
        vm.store(HISTORY, bytes32(uint256(old)), hash);
        advance(only(b));
    }

    function test_an_l1_block_that_is_not_there_yet_is_no_anchor() public {
        NativeRollup.BlockInput memory b = blockOf(goodFields());
        b.anchorBlock = height;
        refuse(only(b), abi.encodeWithSelector(NativeRollup.AnchorUnknown.selector, height));
        b.anchorBlock = height + 1;
        refuse(only(b), abi.encodeWithSelector(NativeRollup.AnchorUnknown.selector, height + 1));
    }

    // Who

    function test_only_the_sequencer_until_it_has_been_silent() public {
        uint64 last = time;
        setTime(last + TIMEOUT);
        NativeRollup.BlockInput[] memory list = only(blockOf(goodFields()));
        vm.expectRevert(
            abi.encodeWithSelector(NativeRollup.SequencerOnly.selector, address(this), uint256(last) + TIMEOUT)
        );
        rollup.advance(list);
        setTime(last + TIMEOUT + 1);
        rollup.advance(list);
        // The clock starts anew.
        list = only(blockOf(fieldsAfter(keccak256(abi.encode("block", uint64(1), GENESIS_HASH)), 1, time)));
        vm.expectRevert(
            abi.encodeWithSelector(NativeRollup.SequencerOnly.selector, address(this), uint256(time) + TIMEOUT)
        );
        rollup.advance(list);
    }

    function test_the_largest_timeout_does_not_overflow() public {
        NativeRollup.Config memory c = config();
        c.sequencerTimeout = type(uint64).max;
        c.timestampWindow = type(uint64).max;
        rollup = new NativeRollup(c);
        NativeRollup.BlockInput[] memory list = only(blockOf(goodFields()));
        vm.expectPartialRevert(NativeRollup.SequencerOnly.selector);
        rollup.advance(list);
        advance(list);
    }

    function test_anyone_when_there_is_no_sequencer() public {
        NativeRollup.Config memory c = config();
        c.sequencer = address(0);
        rollup = new NativeRollup(c);
        rollup.advance(only(blockOf(goodFields())));
    }

    /// @dev Blocks one on top of the other, a second apart.
    function _chain(uint64 length) private returns (NativeRollup.BlockInput[] memory list) {
        list = new NativeRollup.BlockInput[](length);
        (bytes32 parent, uint64 number,) = rollup.head();
        for (uint64 i = 0; i < length; ++i) {
            SszInput.Fields memory f = fieldsAfter(parent, number + i, time - 10 + i);
            list[i] = blockOf(f);
            parent = f.blockHash;
        }
    }
}
