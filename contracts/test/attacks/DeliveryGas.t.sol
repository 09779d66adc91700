// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMessenger} from "../../src/messaging/IMessenger.sol";
import {Message} from "../../src/messaging/Messages.sol";
import {Delivery, OnL1, OnL2} from "../support/Delivery.sol";
import {GasProbe} from "../support/Recipients.sol";

/// @notice Attack: the claimer gives so little gas that the recipient does less than it would, and succeeds. With any
/// amount of gas, the recipient must get all of its limit or not be called at all.
abstract contract DeliveryGasTest is Delivery {
    uint64 private constant LIMIT = 200_000;
    /// @dev What a call to the probe takes before it reads the gas it has.
    uint256 private constant SLACK = 200;

    function testFuzz_all_gas_or_no_delivery(uint256 gas_) public {
        GasProbe probe = new GasProbe();
        Message memory m = message(address(probe), "");
        m.gasLimit = LIMIT;
        bytes memory claim = prove(m);
        gas_ = bound(gas_, 100_000, 700_000);
        (bool success,) = address(messenger()).call{gas: gas_}(claim);
        vm.assertTrue(success == messenger().isClaimed(m.nonce), "claimed");
        vm.assertTrue(success == (probe.calls() == 1), "called");
        // EVM adds 2300 with value.
        if (success) vm.assertTrue(probe.gasSeen() + SLACK >= LIMIT + 2300, "the recipient was starved");
    }

    function test_the_recipient_gets_its_limit_and_not_more() public {
        GasProbe probe = new GasProbe();
        Message memory m = message(address(probe), "");
        m.gasLimit = LIMIT;
        assert(call(prove(m)));
        vm.assertTrue(probe.gasSeen() <= LIMIT + 2300, "more");
        vm.assertTrue(probe.gasSeen() + SLACK >= LIMIT + 2300, "less");
    }

    function test_too_little_gas_is_named() public {
        Message memory m = message(address(new GasProbe()), "");
        bytes memory claim = prove(m);
        (bool success, bytes memory reason) = address(messenger()).call{gas: 400_000}(claim);
        vm.assertTrue(!success && bytes4(reason) == IMessenger.InsufficientGas.selector, "another error");
    }

    function test_a_limit_that_nobody_can_carry_is_never_delivered() public {
        Message memory m = message(address(new GasProbe()), "");
        m.gasLimit = type(uint64).max;
        bytes memory claim = prove(m);
        (bool success, bytes memory reason) = address(messenger()).call(claim);
        vm.assertTrue(!success && bytes4(reason) == IMessenger.InsufficientGas.selector, "another error");
    }

    function test_a_new_account_needs_the_larger_reserve() public {
        Message memory m = message(address(0xdead0002), "");
        m.gasLimit = 0;
        bytes memory claim = prove(m);
        (bool success, bytes memory reason) = address(messenger()).call{gas: 250_000}(claim);
        vm.assertTrue(!success && bytes4(reason) == IMessenger.InsufficientGas.selector, "another error");
        vm.deal(m.recipient, 1);
        (success,) = address(messenger()).call{gas: 250_000}(claim);
        vm.assertTrue(success, "an account that exists needs less");
    }

    receive() external payable {}
}

contract DeliveryGasOnL1Test is DeliveryGasTest, OnL1 {}

contract DeliveryGasOnL2Test is DeliveryGasTest, OnL2 {}
