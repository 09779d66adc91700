//! What to do about errors of the parts.

use std::error::Error;

use alloy_provider::transport::TransportError;
use bough_bridge::{BridgeError, Chain};
use bough_devnet::DevnetError;
use bough_l1::L1Error;
use bough_node::{DeployError, NodeError};
use bough_rpc::StartError;
use eyre::{Report, eyre};

use crate::failure::{Failure, chain};

const OTHER_PORT: &str = "stop what listens there, or choose another port or host";
const OTHER_DATADIR: &str = "choose another --datadir";
const START_L1: &str = "start L1 (`bough dev` does), or give another --l1-url";
const L1_REFUSES: &str = "let L1 allow it (its --rpc.gascap, for one), or give another --l1-url";

/// A development L1 did not start.
pub(crate) fn l1(why: &L1Error) -> Report {
    let advice = match why {
        L1Error::Rpc(why) => listening(why),
        L1Error::Chain(_) | L1Error::Timestamp { .. } => OTHER_DATADIR,
    };
    eyre!("cannot start L1: {}; {advice}", chain(why))
}

/// An L2 node did not start.
pub(crate) fn node(why: &NodeError) -> Report {
    let advice = match why {
        NodeError::Rpc(why) => listening(why),
        NodeError::Chain(_) => OTHER_DATADIR,
        NodeError::L1(why) => l1_node(why),
        NodeError::NotSequencer { .. } => "give that account's key",
        NodeError::NoRollup { .. } => "the rollup file names it",
        _ => "check the rollup file and --l1-url",
    };
    eyre!("cannot start L2: {}; {advice}", chain(why))
}

/// What to do where L1's node does not do what it is asked.
const fn l1_node(why: &bough_node::L1Error) -> &'static str {
    match why {
        bough_node::L1Error::Refused { .. } => L1_REFUSES,
        _ => START_L1,
    }
}

const fn listening(why: &StartError) -> &'static str {
    match why {
        StartError::AddressInUse { .. } => OTHER_PORT,
        _ => "choose another --host or port",
    }
}

/// A rollup was not deployed.
pub(crate) fn deploy(why: &DeployError) -> Report {
    match why {
        DeployError::L1(why) => eyre!("cannot deploy: {}; {}", chain(why), l1_node(why)),
        why => eyre!("cannot deploy: {}", chain(why)),
    }
}

/// A devnet did not start.
pub(crate) fn devnet(why: DevnetError) -> Report {
    match why {
        DevnetError::L1(why) => l1(&why),
        DevnetError::Node(why) => node(&why),
        DevnetError::Deploy(why) => deploy(&why),
        DevnetError::Bridge(why) => bridge(why),
        DevnetError::Ended(end) => Failure::ended(&end),
        why @ DevnetError::Datadir { .. } => eyre!("{}; {OTHER_DATADIR}", chain(&why)),
        why => eyre!("{}; try again, with -v to see more", chain(&why)),
    }
}

/// A call of the bridge failed.
pub(crate) fn bridge(why: BridgeError) -> Report {
    match &why {
        BridgeError::Rpc { chain: of, source, .. } if !source.is_error_resp() => {
            let flag = flag(*of);
            eyre!(
                "the {of} node does not answer: {}; start it, or give another {flag}",
                innermost(source)
            )
        }
        BridgeError::NoKey => eyre!("this needs a key; set BOUGH_KEY or give --key-file"),
        BridgeError::Timeout { .. } => {
            eyre!("{}; `bough status` tells what it waits for", chain(&why))
        }
        _ => eyre!("{}", chain(&why)),
    }
}

/// A node of a chain did not answer, or refused.
pub(crate) fn node_of(name: &str, url: &str, why: &TransportError) -> Report {
    let flag = format!("--{}-url", name.to_lowercase());
    match why.as_error_resp() {
        Some(refused) => eyre!("{name} at {url} refuses: {}; check {flag}", refused.message),
        None => eyre!(
            "{name} at {url} does not answer: {}; start it (`bough dev` does), or give another {flag}",
            innermost(why)
        ),
    }
}

/// What cannot be a URL.
pub(crate) fn bad_url(name: &str, url: &str) -> Report {
    let flag = format!("--{}-url", name.to_lowercase());
    eyre!("{url:?} is no URL; give {flag} like http://127.0.0.1:8545")
}

const fn flag(chain: Chain) -> &'static str {
    match chain {
        Chain::L1 => "--l1-url",
        Chain::L2 => "--l2-url",
    }
}

/// The reason behind all reasons, which is the one that helps.
fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
