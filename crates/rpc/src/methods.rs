//! The table of methods: how a call's parameters are read, what answers it and where that runs.

use std::{collections::BTreeMap, fmt, pin::Pin, sync::Arc};

use alloy_rpc_types_eth::{Filter, FilterBlockOption};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    context::Context,
    envelope::{Bounded, RpcError, bounded_list},
    error::MethodError,
    work::{Guard, Kind, Output},
};

/// Most parameters of a call.
const MOST_PARAMS: usize = 16;

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
    /// [`MethodError::ParamsNotArray`] for parameters by name, [`MethodError::TooManyArguments`].
    pub fn new(params: Option<&'a str>) -> Result<Self, MethodError> {
        let values = match params {
            None | Some("null") => Vec::new(),
            Some(json) => {
                let Bounded { items, more } = bounded_list(json.as_bytes(), MOST_PARAMS)?;
                if more {
                    return Err(MethodError::TooManyArguments { limit: MOST_PARAMS });
                }
                items
            }
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

/// What a method knows of its caller.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The connection, by its number.
    pub(crate) connection: u64,
    /// Ends the work.
    pub(crate) guard: Guard,
}

/// Answers a call by writing the result.
pub(crate) type Work =
    dyn Fn(&mut Args<'_>, &Asked, &mut Output) -> Result<(), MethodError> + Send + Sync;
/// Answers a call in its own time.
type Waits = dyn Fn(&mut Args<'_>) -> Answer + Send + Sync;
/// An answer to come.
type Answer = Pin<Box<dyn Future<Output = Result<serde_json::Value, RpcError>> + Send>>;

/// How a method is answered.
#[derive(Clone)]
pub(crate) enum Method {
    /// At once, by the connection's own task.
    Quick(Arc<Work>),
    /// By a thread.
    Thread(Route, Arc<Work>),
    /// By a future.
    Waits(Arc<Waits>),
}

/// Which threads answer a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Those for one kind of work.
    To(Kind),
    /// Those for reads, as long as the answer is small. A large one is begun again by those for calls:
    /// it keeps nobody from reading.
    Read,
    /// As [`Route::Read`] where the logs of one block are asked for, which is then named by its hash;
    /// those for calls where blocks are searched.
    Logs,
}

impl Route {
    /// The kind of work that a call with these parameters is.
    pub(crate) fn kind(self, params: Option<&str>) -> Kind {
        match self {
            Self::To(kind) => kind,
            Self::Read => Kind::Read,
            Self::Logs => {
                let filter = Args::new(params).and_then(|mut args| args.required::<Filter>());
                match filter.map(|filter| filter.block_option) {
                    Ok(FilterBlockOption::AtBlockHash(_)) => Kind::Read,
                    _ => Kind::Call,
                }
            }
        }
    }

    /// Whether the same call may be begun twice: what others add may do something.
    pub(crate) const fn may_begin_again(self) -> bool {
        !matches!(self, Self::To(Kind::Read | Kind::Wait))
    }

    /// The kind that it becomes when its answer gets large.
    pub(crate) const fn kind_when_large(self) -> Option<Kind> {
        match self {
            Self::To(_) => None,
            Self::Read | Self::Logs => Some(Kind::Call),
        }
    }
}

/// Methods of whoever runs the server, besides the server's own.
///
/// One that has the name of another takes its place.
#[derive(Clone, Default)]
pub struct Methods(BTreeMap<&'static str, Method>);

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Methods {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a method that runs on one of the threads for reading.
    pub fn add<R: Serialize>(
        &mut self,
        name: &'static str,
        handler: impl Fn(&mut Args<'_>) -> Result<R, RpcError> + Send + Sync + 'static,
    ) {
        let work = move |args: &mut Args<'_>, _: &Asked, out: &mut Output| {
            out.value(&handler(args).map_err(MethodError::Other)?)
        };
        self.0.insert(name, Method::Thread(Route::To(Kind::Read), Arc::new(work)));
    }

    /// Adds a method that waits for something. The future is dropped when the caller leaves.
    pub fn add_async<F>(
        &mut self,
        name: &'static str,
        handler: impl Fn(&mut Args<'_>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<serde_json::Value, RpcError>> + Send + 'static,
    {
        let waits = move |args: &mut Args<'_>| -> Answer { Box::pin(handler(args)) };
        self.0.insert(name, Method::Waits(Arc::new(waits)));
    }

    /// The method of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Method> {
        self.0.get(name)
    }

    /// These and `others`, which take the place of those of the same name.
    pub(crate) fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }
}

/// Registers methods over the shared [`Context`].
#[derive(Debug)]
pub(crate) struct MethodTable {
    context: Arc<Context>,
    methods: Methods,
}

impl MethodTable {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, methods: Methods::default() }
    }

    /// A method that reads a few values in memory: it runs on the connection's own task.
    pub(crate) fn quick<R: Serialize + 'static>(
        &mut self,
        name: &'static str,
        handler: fn(&Context, &mut Args<'_>) -> Result<R, MethodError>,
    ) {
        let work = self.work(move |context, args, _, out| out.value(&handler(context, args)?));
        self.insert(name, Method::Quick(work));
    }

    /// A method that reads the store: it runs on one of the threads for that. It may be begun twice.
    pub(crate) fn blocking<R: Serialize + 'static>(
        &mut self,
        name: &'static str,
        handler: fn(&Context, &mut Args<'_>) -> Result<R, MethodError>,
    ) {
        let work = self.work(move |context, args, _, out| out.value(&handler(context, args)?));
        self.insert(name, Method::Thread(Route::Read, work));
    }

    /// A method that reads so much that others who read should not wait for it: it runs where calls
    /// do.
    pub(crate) fn heavy<R: Serialize + 'static>(
        &mut self,
        name: &'static str,
        handler: fn(&Context, &mut Args<'_>) -> Result<R, MethodError>,
    ) {
        let work = self.work(move |context, args, _, out| out.value(&handler(context, args)?));
        self.insert(name, Method::Thread(Route::To(Kind::Call), work));
    }

    /// A method that reads for long, or keeps something for its caller.
    pub(crate) fn asked<R: Serialize + 'static>(
        &mut self,
        name: &'static str,
        handler: fn(&Context, &mut Args<'_>, &Asked) -> Result<R, MethodError>,
    ) {
        let work =
            self.work(move |context, args, asked, out| out.value(&handler(context, args, asked)?));
        self.insert(name, Method::Thread(Route::To(Kind::Read), work));
    }

    /// A method that executes.
    pub(crate) fn executing<R: Serialize + 'static>(
        &mut self,
        name: &'static str,
        handler: fn(&Context, &mut Args<'_>, &Guard) -> Result<R, MethodError>,
    ) {
        let work = self.work(move |context, args, asked, out| {
            out.value(&handler(context, args, &asked.guard)?)
        });
        self.insert(name, Method::Thread(Route::To(Kind::Call), work));
    }

    /// A method that writes its answer piece by piece: where it is large, it is nowhere held twice.
    pub(crate) fn writing(
        &mut self,
        name: &'static str,
        route: Route,
        handler: fn(&Context, &mut Args<'_>, &Guard, &mut Output) -> Result<(), MethodError>,
    ) {
        let work =
            self.work(move |context, args, asked, out| handler(context, args, &asked.guard, out));
        self.insert(name, Method::Thread(route, work));
    }

    pub(crate) fn into_methods(self) -> Methods {
        self.methods
    }

    fn work(
        &self,
        work: impl Fn(&Context, &mut Args<'_>, &Asked, &mut Output) -> Result<(), MethodError>
        + Send
        + Sync
        + 'static,
    ) -> Arc<Work> {
        let context = Arc::clone(&self.context);
        Arc::new(move |args: &mut Args<'_>, asked: &Asked, out: &mut Output| {
            work(&context, args, asked, out)
        })
    }

    fn insert(&mut self, name: &'static str, method: Method) {
        let before = self.methods.0.insert(name, method);
        debug_assert!(before.is_none(), "{name} is registered twice");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn reads_arguments_in_order_and_names_the_bad_one() {
        let mut args = Args::new(Some(r#"["0x10", null, 7]"#)).unwrap();
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
        assert_eq!(Args::new(None).unwrap().optional::<u64>().unwrap(), None);
        assert_eq!(Args::new(Some("null")).unwrap().optional::<u64>().unwrap(), None);
        let named = Args::new(Some(r#"{"block": 1}"#));
        assert!(matches!(named.unwrap_err(), MethodError::ParamsNotArray));
        let many = format!("[{}1]", "1,".repeat(MOST_PARAMS));
        assert!(matches!(
            Args::new(Some(&many)).unwrap_err(),
            MethodError::TooManyArguments { limit: MOST_PARAMS }
        ));
    }
}
