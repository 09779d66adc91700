//! Taking connections, as many as there may be.

use std::{pin::pin, sync::Arc, time::Duration};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use tower::ServiceBuilder;
use tracing::{debug, warn};

use super::{
    Connection, Service, http,
    inbound::{Counted, Inbound},
    stream::Clock,
};

/// Pause after a connection could not be taken: the process has too many files open.
const PAUSE: Duration = Duration::from_millis(100);
/// How often connections that wait for another request are looked for, where there is no place.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Largest head of a request, and what is read ahead, bytes.
const BUFFER: usize = 64 << 10;
/// What a connection too many is told, as an answer and as its body.
const FULL: &str =
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"too many connections"}}"#;

/// Takes connections until the server stops.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>) {
    let places = Arc::new(Semaphore::new(service.dispatcher.limits.connections));
    let crowded = Arc::new(Notify::new());
    let mut stopping = service.stopping.clone();
    let mut number = 0_u64;
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(%error, "no connection taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let patience = service.dispatcher.limits.patience;
        let place = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            place = find_place(&places, &crowded, patience) => place,
        };
        let Some(place) = place else {
            service.dispatcher.counters.connection_refused();
            turn_away(&stream);
            continue;
        };
        number = number.saturating_add(1);
        let crowded = Arc::clone(&crowded);
        tokio::spawn(connection(stream, number, place, crowded, Arc::clone(&service)));
    }
}

/// A place for a connection. Where there is none, those are closed that wait for another request longer
/// than they may, and the next waits; so do those behind it, where the system keeps them.
async fn find_place(
    places: &Arc<Semaphore>,
    crowded: &Notify,
    patience: Duration,
) -> Option<OwnedSemaphorePermit> {
    let deadline = Instant::now() + patience;
    loop {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        crowded.notify_waiters();
        let place = timeout(left.min(LOOK_EVERY), Arc::clone(places).acquire_owned()).await;
        if let Ok(Ok(place)) = place {
            return Some(place);
        }
    }
}

/// Says why, as far as the socket takes it at once: nobody waits for this.
fn turn_away(stream: &TcpStream) {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{FULL}",
        FULL.len()
    );
    let _ = stream.try_write(answer.as_bytes());
}

/// Serves one connection until it ends, the server stops, or its reader is too slow.
async fn connection(
    stream: TcpStream,
    number: u64,
    place: OwnedSemaphorePermit,
    crowded: Arc<Notify>,
    service: Arc<Service>,
) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let (grace, crowded_time) =
        (service.dispatcher.limits.socket_time, service.dispatcher.limits.crowded_time);
    let mut stopping = service.stopping.clone();
    let clock = Clock::default();
    let inbound = Inbound::default();
    let stream = Counted { stream, inbound: inbound.clone() };
    let connection = Connection { number, _place: Arc::new(place), clock: clock.clone(), inbound };
    let cors = http::cors(&service.origins);
    let answering =
        ServiceBuilder::new().option_layer(cors).service(tower::service_fn(move |request| {
            http::answer(Arc::clone(&service), connection.clone(), request)
        }));
    let mut served = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(grace)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(answering))
            .with_upgrades()
    );
    let mut overdue = pin!(clock.overdue());
    let mut making_room = pin!(crowded.notified());
    loop {
        tokio::select! {
            ended = &mut served => {
                if let Err(error) = ended {
                    debug!(%error, "a connection ended");
                }
                return;
            }
            () = &mut making_room => {
                if clock.idle_for(crowded_time) {
                    served.as_mut().graceful_shutdown();
                }
                making_room.set(crowded.notified());
            }
            () = &mut overdue => {
                debug!(number, "a reader was too slow");
                return;
            }
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}
