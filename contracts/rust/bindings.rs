//! What `sol!` makes of the committed artifacts: calls, events, errors, `BYTECODE` and `DEPLOYED_BYTECODE`.
#![allow(missing_docs, clippy::all)]

use alloy_sol_types::sol;

sol!(
    #[derive(Debug, PartialEq, Eq)]
    NativeRollup,
    "artifacts/NativeRollup.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    L2Messenger,
    "artifacts/L2Messenger.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    Counter,
    "artifacts/Counter.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    SszInputHarness,
    "artifacts/SszInputHarness.json"
);
