#![doc = include_str!("../README.md")]

mod builder;
mod claimer;
mod config;
mod deploy;
mod deployment;
mod error;
mod flaw;
mod l1_client;
mod methods;
mod node;
mod retries;
mod settler;
mod shared;
mod watcher;

pub use bough_transport::{Endpoint, Here};
pub use config::NodeConfig;
pub use deploy::{DeployConfig, Deployed, deploy};
pub use deployment::Deployment;
pub use error::{DeployError, L1Error, NodeError};
pub use flaw::Flaw;
pub use node::Node;
