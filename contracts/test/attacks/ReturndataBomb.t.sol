// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMessenger} from "../../src/messaging/IMessenger.sol";
import {Message} from "../../src/messaging/Messages.sol";
import {Delivery, OnL1, OnL2} from "../support/Delivery.sol";
import {Bomb} from "../support/Recipients.sol";

/// @notice Attack: the recipient returns so much that copying it costs the claimer more than the delivery.
abstract contract ReturndataBombTest is Delivery {
    uint256 private constant HUGE = 300_000;

    function test_what_a_delivery_returns_is_not_copied() public {
        Message memory m = message(address(new Bomb()), abi.encode(false, HUGE));
        bytes memory claim = prove(m);
        uint256 before = gasleft();
        assert(call(claim));
        // The recipient pays for its own memory: 9,375 words cost it 199,785. The claimer must not pay for it again.
        vm.assertTrue(before - gasleft() < 199_785 + 150_000, "paid for the bomb");
    }

    function test_only_256_bytes_of_a_reason_are_copied() public {
        Message memory m = message(address(new Bomb()), abi.encode(true, HUGE));
        bytes memory claim = prove(m);
        refuse(claim, abi.encodeWithSelector(IMessenger.DeliveryFailed.selector, m.nonce, new bytes(256)));
    }

    receive() external payable {}
}

contract ReturndataBombOnL1Test is ReturndataBombTest, OnL1 {}

contract ReturndataBombOnL2Test is ReturndataBombTest, OnL2 {}
