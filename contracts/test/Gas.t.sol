// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Message} from "../src/messaging/Messages.sol";
import {Delivery, OnL1, OnL2} from "./support/Delivery.sol";

/// @notice What is measured: `forge test --isolate --gas-report --match-contract '^Gas'` gives the cost of whole
/// transactions, at Osaka's prices.
abstract contract GasTest is Delivery {
    /// @dev The eighth message, of a plain transfer: no level of the tree is new.
    function test_send() public {
        vm.deal(address(this), 100 ether);
        for (uint256 i = 0; i < 8; ++i) {
            messenger().sendMessage{value: 1 ether}(address(0xB0B), 0.1 ether, 0, time + 1, address(this), "");
        }
    }

    /// @dev The second message of its word of the bitmap, of a plain transfer to an account that exists.
    function test_claim() public {
        vm.deal(address(0xB0B), 1);
        for (uint256 i = 0; i < 2; ++i) {
            Message memory m = message(address(0xB0B), "");
            m.gasLimit = 0;
            assert(call(prove(m)));
        }
    }

    receive() external payable {}
}

contract GasOnL1Test is GasTest, OnL1 {}

contract GasOnL2Test is GasTest, OnL2 {}
