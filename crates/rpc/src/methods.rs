//! The table of methods: how a call's parameters are read and where its work runs.

use std::sync::Arc;

use jsonrpsee::{RpcModule, types::Params};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{context::Context, error::MethodError};

/// The positional parameters of one call, read from left to right.
///
/// Errors name the position, as in `invalid argument 0: hex string without 0x prefix`.
#[derive(Debug)]
pub struct Args<'a> {
    values: std::vec::IntoIter<&'a RawValue>,
    next: usize,
}

impl<'a> Args<'a> {
    /// The parameters of a call; none where the call carries no `params`.
    ///
    /// # Errors
    /// [`MethodError::ParamsNotArray`] for parameters by name.
    pub fn new(params: &'a Params<'_>) -> Result<Self, MethodError> {
        let values: Vec<&RawValue> = match params.as_str() {
            Some(json) => serde_json::from_str(json).map_err(|_| MethodError::ParamsNotArray)?,
            None => Vec::new(),
        };
        Ok(Self { values: values.into_iter(), next: 0 })
    }

    /// The next parameter, which must be there and not `null`.
    ///
    /// # Errors
    /// [`MethodError::MissingArgument`] or [`MethodError::InvalidArgument`].
    pub fn required<T: DeserializeOwned>(&mut self) -> Result<T, MethodError> {
        let index = self.next;
        self.optional()?.ok_or(MethodError::MissingArgument { index })
    }

    /// The next parameter, `None` when it is absent or `null`.
    ///
    /// # Errors
    /// [`MethodError::InvalidArgument`] when it is there and does not decode.
    pub fn optional<T: DeserializeOwned>(&mut self) -> Result<Option<T>, MethodError> {
        let index = self.next;
        self.next = self.next.saturating_add(1);
        match self.values.next() {
            None => Ok(None),
            Some(value) => serde_json::from_str(value.get())
                .map_err(|source| MethodError::InvalidArgument { index, source }),
        }
    }
}

/// Registers methods over the shared [`Context`].
#[derive(Debug)]
pub(crate) struct MethodTable {
    module: RpcModule<Context>,
}

impl MethodTable {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { module: RpcModule::from_arc(context) }
    }

    /// A method that reads a few values in memory: it runs on the connection's own task.
    pub(crate) fn quick<R>(
        &mut self,
        name: &'static str,
        handler: fn(&Context, &mut Args<'_>) -> Result<R, MethodError>,
    ) where
        R: Serialize + Clone + 'static,
    {
        self.module
            .register_method(name, move |params, context, _| run(&params, context, handler))
            .expect("invariant: each method is registered once");
    }

    /// A method that reads the store or executes: it runs on the pool for blocking work.
    pub(crate) fn blocking<R>(
        &mut self,
        name: &'static str,
        handler: fn(&Context, &mut Args<'_>) -> Result<R, MethodError>,
    ) where
        R: Serialize + Clone + 'static,
    {
        self.module
            .register_blocking_method(name, move |params, context, _| {
                run(&params, &context, handler)
            })
            .expect("invariant: each method is registered once");
    }

    /// The module under construction, for subscriptions.
    pub(crate) fn module(&mut self) -> &mut RpcModule<Context> {
        &mut self.module
    }

    pub(crate) fn into_module(self) -> RpcModule<()> {
        self.module.remove_context()
    }
}

fn run<R>(
    params: &Params<'_>,
    context: &Context,
    handler: fn(&Context, &mut Args<'_>) -> Result<R, MethodError>,
) -> Result<R, MethodError> {
    handler(context, &mut Args::new(params)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn reads_arguments_in_order_and_names_the_bad_one() {
        let params = Params::new(Some(r#"["0x10", null, 7]"#));
        let mut args = Args::new(&params).unwrap();
        assert_eq!(args.required::<String>().unwrap(), "0x10");
        assert_eq!(args.optional::<u64>().unwrap(), None);
        let error = args.required::<String>().unwrap_err();
        assert!(matches!(error, MethodError::InvalidArgument { index: 2, .. }), "{error}");
        assert!(matches!(
            args.required::<u64>().unwrap_err(),
            MethodError::MissingArgument { index: 3 }
        ));
        assert_eq!(args.optional::<u64>().unwrap(), None);
    }

    #[test]
    fn absent_params_are_no_params_and_named_ones_are_refused() {
        let params = Params::new(None);
        assert_eq!(Args::new(&params).unwrap().optional::<u64>().unwrap(), None);
        let params = Params::new(Some(r#"{"block": 1}"#));
        assert!(matches!(Args::new(&params).unwrap_err(), MethodError::ParamsNotArray));
    }
}
