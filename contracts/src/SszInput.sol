// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Reads the fields of an EXECUTE input that a rollup binds, at their places in the SSZ.
/// @dev `input = schema_id (u16, big-endian) || SSZ(StatelessInput)`. Containers:
///
/// - `StatelessInput { new_payload_request (offset at 0), witness (offset at 4), chain_id u64 at 8, … }`
/// - `NewPayloadRequest { execution_payload (offset at 0), versioned_hashes (offset at 4), parent_beacon_block_root at 8,
///   execution_requests (offset at 40), … }`
/// - `ExecutionPayload { parent_hash at 0, …, state_root at 52, …, block_number u64 at 404, gas_limit u64 at 412, …,
///   timestamp u64 at 428, …, block_hash at 472, … }`
///
/// Integers are little-endian, offsets are u32 and count from the start of their container. A container grows at its
/// end, which moves only what comes behind its fixed part: following the offsets, and pinning neither schema nor
/// length, reads the same fields in the forms of later forks.
///
/// SOUNDNESS: this checks bounds and nothing else. That the bytes are canonical SSZ, and that the fields are those of a
/// valid block, is what EXECUTE says of the very same bytes.
library SszInput {
    /// @notice The fields, named as in execution-specs.
    struct Fields {
        uint64 chainId;
        bytes32 parentBeaconBlockRoot;
        bytes32 parentHash;
        bytes32 stateRoot;
        uint64 blockNumber;
        uint64 gasLimit;
        uint64 timestamp;
        bytes32 blockHash;
    }

    /// @notice A field lies beyond the end of the input.
    error SszOutOfBounds(uint256 position, uint256 size, uint256 length);

    /// @dev Bytes of the schema id before the SSZ.
    uint256 private constant SCHEMA_SIZE = 2;
    // StatelessInput
    uint256 private constant NEW_PAYLOAD_REQUEST_OFFSET = 0;
    uint256 private constant CHAIN_ID = 8;
    // NewPayloadRequest
    uint256 private constant EXECUTION_PAYLOAD_OFFSET = 0;
    uint256 private constant PARENT_BEACON_BLOCK_ROOT = 8;
    // ExecutionPayload
    uint256 private constant PARENT_HASH = 0;
    uint256 private constant STATE_ROOT = 52;
    uint256 private constant BLOCK_NUMBER = 404;
    uint256 private constant GAS_LIMIT = 412;
    uint256 private constant TIMESTAMP = 428;
    uint256 private constant BLOCK_HASH = 472;

    /// @notice The fields of `input`.
    function read(bytes calldata input) internal pure returns (Fields memory fields) {
        uint256 statelessInput = SCHEMA_SIZE;
        uint256 request = statelessInput + _offset(input, statelessInput + NEW_PAYLOAD_REQUEST_OFFSET);
        uint256 payload = request + _offset(input, request + EXECUTION_PAYLOAD_OFFSET);

        fields.chainId = _uint64(input, statelessInput + CHAIN_ID);
        fields.parentBeaconBlockRoot = _word(input, request + PARENT_BEACON_BLOCK_ROOT, 32);
        fields.parentHash = _word(input, payload + PARENT_HASH, 32);
        fields.stateRoot = _word(input, payload + STATE_ROOT, 32);
        fields.blockNumber = _uint64(input, payload + BLOCK_NUMBER);
        fields.gasLimit = _uint64(input, payload + GAS_LIMIT);
        fields.timestamp = _uint64(input, payload + TIMESTAMP);
        fields.blockHash = _word(input, payload + BLOCK_HASH, 32);
    }

    /// @notice The number whose little-endian bytes are `b`.
    function littleEndian(bytes8 b) internal pure returns (uint64 v) {
        v = uint64(b);
        v = ((v & 0xff00ff00ff00ff00) >> 8) | ((v & 0x00ff00ff00ff00ff) << 8);
        v = ((v & 0xffff0000ffff0000) >> 16) | ((v & 0x0000ffff0000ffff) << 16);
        v = (v >> 32) | (v << 32);
    }

    /// @dev A u64 at `position`.
    function _uint64(bytes calldata input, uint256 position) private pure returns (uint64) {
        return littleEndian(bytes8(_word(input, position, 8)));
    }

    /// @dev A u32 offset at `position`.
    function _offset(bytes calldata input, uint256 position) private pure returns (uint256) {
        return littleEndian(bytes8(bytes4(_word(input, position, 4))));
    }

    /// @dev The `size` bytes at `position`, and behind them whatever follows. Positions are sums of two u32, at most.
    function _word(bytes calldata input, uint256 position, uint256 size) private pure returns (bytes32 word) {
        require(position + size <= input.length, SszOutOfBounds(position, size, input.length));
        assembly ("memory-safe") {
            word := calldataload(add(input.offset, position))
        }
    }
}
