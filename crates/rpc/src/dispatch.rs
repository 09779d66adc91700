//! From the bytes of a body to the bytes of its answer.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::body::Bytes;
use futures_util::FutureExt;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc},
    task::JoinHandle,
};
use tracing::error;

use crate::{
    Counters, Limits,
    config::Api,
    envelope::{Body, Call, error_answer, error_object, result_prefix},
    error::MethodError,
    methods::{Args, Asked, Method, Methods, Route, Work},
    work::{Budget, Caller, Guard, Kind, Lanes, Output, Share, Written},
};

/// Chunks of a streamed answer that wait to be taken.
const CHUNKS_AHEAD: usize = 4;
/// Methods that take much besides those that execute, which take code.
const LARGE: [&str; 2] = ["eth_sendRawTransaction", "web3_sha3"];

/// Answers calls.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    api: Api,
    methods: Methods,
    lanes: Lanes,
    /// Memory for answers.
    responses: Budget,
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
}

/// An answer: held, and where it is streamed, what comes before that.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What comes first, while the rest is being made.
    pub(crate) stream: Option<Streamed>,
    /// The whole answer where it is not streamed.
    pub(crate) bytes: Vec<u8>,
    /// What it has of the server's memory.
    pub(crate) share: Option<Share>,
}

/// An answer that is sent while it is made. Dropping it ends the work.
#[derive(Debug)]
pub(crate) struct Streamed {
    pub(crate) first: Option<Bytes>,
    pub(crate) chunks: mpsc::Receiver<Bytes>,
    /// The rest, which has the error where there is one.
    pub(crate) end: JoinHandle<Result<Written, MethodError>>,
    _caller: Caller,
}

/// A call and the work that answers it.
#[derive(Clone, Copy)]
struct Task<'a> {
    connection: u64,
    /// What the call stands in.
    bytes: &'a Bytes,
    call: &'a Call<'a>,
    work: &'a Arc<Work>,
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a message: it is copied on its way.
    Message,
    /// As a part of a batch's.
    Part {
        /// Most bytes.
        limit: usize,
    },
    /// As a body: in chunks, where it is a trace.
    Body,
}

impl Dispatcher {
    pub(crate) fn new(
        api: Api,
        methods: Methods,
        limits: Limits,
        responses: Budget,
        counters: Arc<Counters>,
    ) -> Self {
        Self { api, methods, lanes: Lanes::new(&limits), responses, limits, counters }
    }

    /// Answers a body, a batch call by call. `None` where nobody waits for an answer.
    pub(crate) async fn answer(&self, connection: u64, body: &Bytes, form: Form) -> Option<Reply> {
        match Body::read(body, self.limits.batch_calls) {
            Ok(Body::One(bytes)) => self.one(connection, body.slice_ref(bytes), form).await,
            Ok(Body::Batch(calls)) => {
                let calls = calls.into_iter().map(|call| body.slice_ref(call.get().as_bytes()));
                self.batch(connection, calls.collect(), form).await
            }
            Ok(Body::TooLarge(id)) => Some(self.refuse_batch(id)),
            Err(error) => Some(self.refuse(None, error)),
        }
    }

    /// The answer to a body that is refused as a whole, to the call that it holds where it holds one.
    pub(crate) fn refuse_body(&self, body: &[u8], error: MethodError) -> Reply {
        match Body::read(body, self.limits.batch_calls) {
            Ok(Body::One(call)) => {
                self.refuse(Call::read(call).ok().and_then(|call| call.id), error)
            }
            _ => self.refuse(None, error),
        }
    }

    /// The answer to too large a batch, as geth gives it: a batch of one, to the first call, because
    /// clients look for theirs in a list.
    fn refuse_batch(&self, id: Option<&str>) -> Reply {
        let error = MethodError::BatchTooLarge { limit: self.limits.batch_calls };
        let Reply { mut bytes, .. } = self.refuse(id, error);
        bytes.insert(0, b'[');
        bytes.push(b']');
        Reply { stream: None, bytes, share: None }
    }

    /// An answer that is an error.
    pub(crate) fn refuse(&self, id: Option<&str>, error: MethodError) -> Reply {
        self.counters.count(&error);
        Reply { stream: None, bytes: error_answer(id, error).into_bytes(), share: None }
    }

    async fn batch(&self, connection: u64, calls: Vec<Bytes>, form: Form) -> Option<Reply> {
        let limit = self.limits.batch_response_bytes;
        let mut share = self.share(form);
        // One that has been in the making for long makes room, as one that is not read does.
        let cut = Arc::new(Notify::new());
        share.being_taken(&cut);
        let mut cut_off = pin!(cut.notified());
        cut_off.as_mut().enable();
        let mut bytes = vec![b'['];
        for call in calls {
            let left = limit.saturating_sub(bytes.len());
            let answered = tokio::select! {
                biased;
                () = &mut cut_off => return Some(self.refuse(None, MethodError::ResponsesFull)),
                answered = self.one(connection, call, Form::Part { limit: left }) => answered,
            };
            let Some(reply) = answered else { continue };
            // A comma, the answer, and the end of the list.
            let more = reply.bytes.len().saturating_add(2);
            let most = limit.saturating_add(2);
            if share.make_room_in(&mut bytes, more, most).is_err()
                && (self.make_room().await.is_err()
                    || share.make_room_in(&mut bytes, more, most).is_err())
            {
                return Some(self.refuse(None, MethodError::ResponsesFull));
            }
            if bytes.len() > 1 {
                bytes.push(b',');
            }
            bytes.extend_from_slice(&reply.bytes);
        }
        if bytes.len() == 1 {
            return None;
        }
        bytes.push(b']');
        Some(Reply { stream: None, bytes, share: Some(share) })
    }

    async fn one(&self, connection: u64, bytes: Bytes, form: Form) -> Option<Reply> {
        let call = match Call::read(&bytes) {
            Ok(call) => call,
            Err((id, malformed)) => return Some(self.refuse(id, malformed.into())),
        };
        let answered = match self.find(&call) {
            Ok(method) => self.run(connection, &bytes, &call, method, form).await,
            Err(error) => Err(error),
        };
        let reply =
            answered.unwrap_or_else(|error| self.refuse(call.id, self.in_form(form, error)));
        call.id.map(|_| reply)
    }

    /// What is left of a batch's answer says nothing to whoever set its limit.
    fn in_form(&self, form: Form, error: MethodError) -> MethodError {
        match (form, &error) {
            (Form::Part { limit: left }, MethodError::ResponseTooLarge { limit })
                if *limit == left && left < self.limits.response_bytes =>
            {
                MethodError::BatchAnswerTooLarge { limit: self.limits.batch_response_bytes }
            }
            _ => error,
        }
    }

    fn find(&self, call: &Call<'_>) -> Result<&Method, MethodError> {
        let name = call.method.as_str();
        let method = self.methods.get(name).filter(|_| self.api.has(name));
        let method = method.ok_or_else(|| MethodError::method_not_found(name))?;
        let executes = matches!(method, Method::Thread(Route::To(Kind::Call | Kind::Trace), _));
        let limit = match executes {
            _ if LARGE.contains(&name) => self.limits.request_bytes,
            true => self.limits.call_params_bytes,
            false => self.limits.params_bytes,
        };
        let got = call.params.map_or(0, str::len);
        if got > limit {
            return Err(MethodError::ParamsTooLarge { got, limit });
        }
        Ok(method)
    }

    async fn run(
        &self,
        connection: u64,
        bytes: &Bytes,
        call: &Call<'_>,
        method: &Method,
        form: Form,
    ) -> Result<Reply, MethodError> {
        let prefix = result_prefix(call.id.unwrap_or("null"));
        let most = match form {
            Form::Part { limit } => limit.min(self.limits.response_bytes),
            Form::Message | Form::Body => self.limits.response_bytes,
        };
        let held = || Output::held(self.share(form), most);
        match method {
            Method::Waits(waits) => {
                let _turn = self.lanes.of(Kind::Wait).enter().await?;
                let answer = AssertUnwindSafe(async {
                    waits(&mut Args::new(call.params)?).await.map_err(MethodError::Other)
                });
                let answer = answer.catch_unwind().await;
                let answer = answer.map_err(|panic| crashed(&call.method, &*panic))??;
                let mut out = held();
                out.put(&prefix);
                out.value(&answer)?;
                out.put("}");
                Ok(out.finish().into())
            }
            Method::Quick(work) => {
                let caller = Caller::new();
                let asked = Asked { connection, guard: self.guard(&caller, Kind::Read) };
                let work = |out: &mut Output| work(&mut Args::new(call.params)?, &asked, out);
                let run = || written(&prefix, held(), &self.counters, work);
                let answer = catch_unwind(AssertUnwindSafe(run));
                Ok(answer.map_err(|panic| crashed(&call.method, &*panic))??.into())
            }
            Method::Thread(route, work) => {
                let task = Task { connection, bytes, call, work };
                let answer = || self.on_threads(*route, task, most, form);
                match answer().await {
                    Err(MethodError::ResponsesFull) if route.may_begin_again() => {
                        self.make_room().await?;
                        answer().await
                    }
                    answered => answered,
                }
            }
        }
    }

    /// Has a call answered by a thread, and by another where the answer is too large for the first.
    async fn on_threads(
        &self,
        route: Route,
        task: Task<'_>,
        most: usize,
        form: Form,
    ) -> Result<Reply, MethodError> {
        let (kind, small) = (route.kind(task.call.params), self.limits.read_response_bytes);
        let Some(when_large) = route.kind_when_large().filter(|_| most > small) else {
            return self.on_thread(kind, task, most, form).await;
        };
        match self.on_thread(kind, task, small, form).await {
            Err(MethodError::ResponseTooLarge { .. }) => {
                self.on_thread(when_large, task, most, form).await
            }
            answered => answered,
        }
    }

    /// Cuts off readers that take long, so that there is memory for others' answers.
    async fn make_room(&self) -> Result<(), MethodError> {
        if self.responses.make_room(self.limits.crowded_time).await {
            Ok(())
        } else {
            Err(MethodError::ResponsesFull)
        }
    }

    /// Has a call answered by a thread for its kind, in at most so many bytes where the answer is held.
    async fn on_thread(
        &self,
        kind: Kind,
        Task { connection, bytes, call, work }: Task<'_>,
        most: usize,
        form: Form,
    ) -> Result<Reply, MethodError> {
        let turn = self.lanes.of(kind).enter().await?;
        let caller = Caller::new();
        let guard = self.guard(&caller, kind);
        let (out, chunks) = match form {
            Form::Body if kind == Kind::Trace => {
                let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
                let limit = self.limits.trace_bytes;
                let out = Output::stream(sender, Handle::current(), guard.clone(), limit);
                (out, Some(chunks))
            }
            _ => (Output::held(self.share(form), most), None),
        };
        let asked = Asked { connection, guard };
        let params = call.params.map(|params| bytes.slice_ref(params.as_bytes()));
        let prefix = result_prefix(call.id.unwrap_or("null"));
        let (work, counters) = (Arc::clone(work), Arc::clone(&self.counters));
        let end = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let _running = counters.running();
            let params = params.as_deref().and_then(|bytes| str::from_utf8(bytes).ok());
            let work = |out: &mut Output| work(&mut Args::new(params)?, &asked, out);
            written(&prefix, out, &counters, work)
        });
        self.collect(&call.method, end, chunks, caller).await
    }

    /// Waits for an answer, or for the first part of one that is streamed.
    async fn collect(
        &self,
        method: &str,
        end: JoinHandle<Result<Written, MethodError>>,
        chunks: Option<mpsc::Receiver<Bytes>>,
        caller: Caller,
    ) -> Result<Reply, MethodError> {
        if let Some(mut chunks) = chunks
            && let Some(first) = chunks.recv().await
        {
            let stream = Streamed { first: Some(first), chunks, end, _caller: caller };
            return Ok(Reply { stream: Some(stream), bytes: Vec::new(), share: None });
        }
        match end.await {
            Ok(written) => Ok(written?.into()),
            Err(why) => match why.try_into_panic() {
                Ok(panic) => Err(crashed(method, &*panic)),
                // The server stops.
                Err(_) => Err(MethodError::CallerGone),
            },
        }
    }

    /// Of the memory for answers.
    fn share(&self, form: Form) -> Share {
        match form {
            Form::Message => self.responses.share().twice(),
            Form::Part { .. } | Form::Body => self.responses.share(),
        }
    }

    fn guard(&self, caller: &Caller, kind: Kind) -> Guard {
        caller.guard(self.time(kind), self.limits.trace_memory)
    }

    const fn time(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Read | Kind::Call | Kind::Wait => self.limits.call_time,
            Kind::Trace => self.limits.trace_time,
        }
    }
}

/// Writes the answer to one call. One that fails after a part of it was sent ends with its error,
/// which readers of JSON-RPC look for first.
fn written(
    prefix: &str,
    mut out: Output,
    counters: &Counters,
    work: impl FnOnce(&mut Output) -> Result<(), MethodError>,
) -> Result<Written, MethodError> {
    out.put(prefix);
    if let Err(error) = work(&mut out) {
        if !out.abandon() {
            if matches!(error, MethodError::CallerGone) {
                // Nobody is told, so nobody else counts it.
                counters.count(&error);
            }
            return Err(error);
        }
        counters.count(&error);
        out.put(",\"error\":");
        out.put(&error_object(error));
    }
    out.put("}");
    Ok(out.finish())
}

impl From<Written> for Reply {
    fn from(written: Written) -> Self {
        Self { stream: None, bytes: written.bytes, share: written.share }
    }
}

/// A method panicked, which nothing that is sent should make it do.
///
/// What it worked on is dropped with it: each call has a state and an answer of its own, and what
/// calls share is behind locks that no panic leaves locked.
fn crashed(method: &str, panic: &(dyn Any + Send)) -> MethodError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    error!(method, panic = text.unwrap_or_default(), "a call crashed");
    MethodError::Panicked
}
