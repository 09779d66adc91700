#![doc = include_str!("../README.md")]

mod case;
mod cases;
pub mod code;
mod forge;
mod measure;
mod table;
mod tries;
mod world;

pub use case::{Case, Group, Input, Prepared, Work};
pub use cases::cases;
pub use code::Code;
pub use forge::{CHAIN_ID, Call, Forge, ForgeError, Forged, TIMESTAMP, sender, sign_as};
pub use measure::{least_gas, measure};
pub use table::{Row, Table};
pub use tries::{HandMade, deep_path, extension_chain, shared_children};
pub use world::{Account, World};
