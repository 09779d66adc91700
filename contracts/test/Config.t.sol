// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {NativeRollup} from "../src/NativeRollup.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice What is chosen at deployment.
contract ConfigTest is Fixture {
    function test_config_is_read_back() public view {
        vm.assertEq(keccak256(abi.encode(rollup.config())), keccak256(abi.encode(config())), "config");
        vm.assertEq(rollup.l1ChainId(), L1_CHAIN_ID, "L1 chain id");
        vm.assertEq(address(rollup).balance, ESCROW, "escrow");
    }

    function test_configs_that_no_chain_can_run_with_are_refused() public {
        NativeRollup.Config memory c = config();
        c.l2ChainId = uint64(L1_CHAIN_ID);
        _refusedConfig(c, "l2ChainId");
        c = config();
        c.l2ChainId = 0;
        _refusedConfig(c, "l2ChainId");
        c = config();
        c.gasLimit = 0;
        _refusedConfig(c, "gasLimit");
        c = config();
        c.timestampWindow = 0;
        _refusedConfig(c, "timestampWindow");
        c = config();
        c.genesisHash = 0;
        _refusedConfig(c, "genesisHash");
        c = config();
        c.genesisStateRoot = 0;
        _refusedConfig(c, "genesisStateRoot");
        c = config();
        c.genesisTimestamp = time + 1;
        _refusedConfig(c, "genesisTimestamp");
        c = config();
        c.l2Messenger = address(0);
        _refusedConfig(c, "l2Messenger");
    }

    function test_plain_eth_is_refused() public {
        vm.deal(address(this), 1 ether);
        (bool success,) = address(rollup).call{value: 1}("");
        vm.assertTrue(!success, "taken on L1");
        (success,) = address(L2).call{value: 1}("");
        vm.assertTrue(!success, "taken on L2");
    }

    function _refusedConfig(NativeRollup.Config memory c, string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(NativeRollup.InvalidConfig.selector, field));
        new NativeRollup(c);
    }
}
