//! Taking connections, as many as there may be.

use std::{sync::Arc, time::Duration};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceBuilder;
use tracing::{debug, warn};

use super::{Connection, Service, http, stream::Clock};

/// Pause after a connection could not be taken: the process has too many files open.
const PAUSE: Duration = Duration::from_millis(100);
/// Largest head of a request, and what is read ahead, bytes.
const BUFFER: usize = 64 << 10;
/// What a connection too many is told, as an answer and as its body.
const FULL: &str =
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"too many connections"}}"#;

/// Takes connections until the server stops.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>) {
    let places = Arc::new(Semaphore::new(service.dispatcher.limits.connections));
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
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                number = number.saturating_add(1);
                tokio::spawn(connection(stream, number, place, Arc::clone(&service)));
            }
            Err(_) => {
                service.dispatcher.counters.connection_refused();
                turn_away(&stream);
            }
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
    service: Arc<Service>,
) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let grace = service.dispatcher.limits.socket_time;
    let mut stopping = service.stopping.clone();
    let clock = Clock::default();
    let connection = Connection { number, _place: Arc::new(place), clock: clock.clone() };
    let cors = http::cors(&service.origins);
    let answering =
        ServiceBuilder::new().option_layer(cors).service(tower::service_fn(move |request| {
            http::answer(Arc::clone(&service), connection.clone(), request)
        }));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(grace)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(answering))
        .with_upgrades();
    tokio::select! {
        ended = served => {
            if let Err(error) = ended {
                debug!(%error, "a connection ended");
            }
        }
        () = clock.overdue() => debug!(number, "a reader was too slow"),
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
}
