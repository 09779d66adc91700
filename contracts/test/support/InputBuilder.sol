// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SszInput} from "../../src/SszInput.sol";

/// @notice Writes inputs of EXECUTE around given fields, independently of how `SszInput` reads them: field after field,
/// in order, with random bytes between.
library InputBuilder {
    /// @param schema The schema id.
    /// @param growInput Bytes appended to the fixed part of `StatelessInput`.
    /// @param growRequest Bytes appended to the fixed part of `NewPayloadRequest`.
    /// @param growPayload Bytes appended to the fixed part of `ExecutionPayload`.
    struct Shape {
        uint16 schema;
        uint8 growInput;
        uint8 growRequest;
        uint8 growPayload;
    }

    function amsterdam() internal pure returns (Shape memory) {
        return Shape({schema: 0x1501, growInput: 0, growRequest: 0, growPayload: 0});
    }

    function build(SszInput.Fields memory f, Shape memory s) internal pure returns (bytes memory) {
        bytes memory payload = _payload(f, s);
        uint256 requestEnd = 44 + uint256(s.growRequest);
        uint256 inputEnd = 16 + uint256(s.growInput);
        bytes memory request = bytes.concat(
            _u32(requestEnd),
            _u32(requestEnd + payload.length),
            f.parentBeaconBlockRoot,
            _u32(requestEnd + payload.length),
            _noise("request", s.growRequest),
            payload
        );
        bytes memory witness = _noise("witness", 99);
        return bytes.concat(
            bytes2(s.schema),
            _u32(inputEnd),
            _u32(inputEnd + request.length),
            _u64(f.chainId),
            _noise("input", s.growInput),
            request,
            witness
        );
    }

    function _payload(SszInput.Fields memory f, Shape memory s) private pure returns (bytes memory) {
        uint256 end = 540 + uint256(s.growPayload);
        return bytes.concat(
            bytes.concat(f.parentHash, _noise("fee_recipient", 20), f.stateRoot, _noise("receipts_root", 32)),
            bytes.concat(_noise("logs_bloom", 256), _noise("prev_randao", 32), _u64(f.blockNumber), _u64(f.gasLimit)),
            bytes.concat(_noise("gas_used", 8), _u64(f.timestamp), _u32(end), _noise("base_fee_per_gas", 32)),
            bytes.concat(f.blockHash, _u32(end), _u32(end), _noise("blob_gas", 16), _u32(end), _noise("slot", 8)),
            _noise("payload", s.growPayload)
        );
    }

    function _u64(uint64 v) private pure returns (bytes memory b) {
        b = new bytes(8);
        for (uint256 i = 0; i < 8; ++i) {
            b[i] = bytes1(uint8(v >> (8 * i)));
        }
    }

    function _u32(uint256 v) private pure returns (bytes memory b) {
        b = new bytes(4);
        for (uint256 i = 0; i < 4; ++i) {
            b[i] = bytes1(uint8(v >> (8 * i)));
        }
    }

    function _noise(string memory name, uint256 length) private pure returns (bytes memory b) {
        b = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            b[i] = bytes1(keccak256(abi.encode(name, i)));
        }
    }
}
