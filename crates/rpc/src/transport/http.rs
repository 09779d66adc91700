//! A request over HTTP: who asks, the body, the answer.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{
        HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
        header::{CONTENT_TYPE, UPGRADE},
    },
};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};
use tracing::debug;

use super::{Connection, Service, origin, stream::Answer, websocket};
use crate::{config::Origins, dispatch::Form, error::MethodError, work::Share};

/// What is read of a WebSocket at a time, bytes.
const READ_AHEAD: usize = 16 << 10;
/// Content types of JSON. A page can send others without being asked whether it may.
const JSON: [&str; 3] = ["application/json", "application/json-rpc", "application/jsonrequest"];

/// Says to browsers which pages may ask; nothing where none may.
pub(crate) fn cors(origins: &Origins) -> Option<CorsLayer> {
    let allowed = match origins {
        Origins::None => return None,
        Origins::Any => AllowOrigin::any(),
        origins => {
            let origins = origins.clone();
            AllowOrigin::predicate(move |origin, _| origin::is_origin_allowed(&origins, origin))
        }
    };
    let layer = CorsLayer::new().allow_origin(allowed).allow_methods([Method::POST]);
    Some(layer.allow_headers(Any))
}

/// Answers a request; what cannot be served is answered with a JSON-RPC error too.
pub(crate) async fn answer(
    service: Arc<Service>,
    connection: Connection,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    connection.clock.stop();
    let answered = match origin::check(&service.hosts, &service.origins, request.headers()) {
        Err(error) => {
            debug!(%error, "a request was refused");
            Err((StatusCode::FORBIDDEN, error))
        }
        Ok(()) if asks_for_websocket(request.headers()) => {
            upgrade(Arc::clone(&service), &connection, request).await
        }
        Ok(()) => call(&service, &connection, request).await,
    };
    connection.clock.rest();
    Ok(answered.unwrap_or_else(|(status, error)| {
        let reply = service.dispatcher.refuse(None, error);
        respond(status, Body::from(reply.bytes))
    }))
}

type Answered = Result<Response<Body>, (StatusCode, MethodError)>;

async fn call(service: &Service, connection: &Connection, request: Request<Incoming>) -> Answered {
    if is_probe(&request) {
        return Ok(respond(StatusCode::OK, Body::empty()));
    }
    if request.method() != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, MethodError::HttpMethod));
    }
    if !is_json(request.headers()) {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, MethodError::ContentType));
    }
    let grace = service.dispatcher.limits.socket_time;
    let reading = tokio::time::timeout(grace, read_body(service, request.into_body()));
    let (body, _share) = match reading.await {
        Ok(read) => read.map_err(|error| (StatusCode::PAYLOAD_TOO_LARGE, error))?,
        Err(_) => {
            return Err((StatusCode::REQUEST_TIMEOUT, MethodError::BodyTime { limit: grace }));
        }
    };
    let reply = service.dispatcher.answer(connection.number, &body, Form::Body).await;
    Ok(match reply {
        Some(reply) => {
            let answer = Answer::new(reply, connection.clock.clone(), grace);
            respond(StatusCode::OK, Body::new(answer))
        }
        None => respond(StatusCode::NO_CONTENT, Body::empty()),
    })
}

/// A body within its limit, and its share of the memory for bodies.
async fn read_body(service: &Service, mut body: Incoming) -> Result<(Bytes, Share), MethodError> {
    let limit = service.dispatcher.limits.request_bytes;
    let mut share = service.requests.share();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| MethodError::BodyCut)?;
        let Ok(data) = frame.into_data() else { continue };
        let length = bytes.len().saturating_add(data.len());
        if length > limit {
            return Err(MethodError::RequestTooLarge { limit });
        }
        let room = share.make_room_in(&mut bytes, data.len(), limit);
        room.map_err(|_| MethodError::RequestsFull)?;
        bytes.extend_from_slice(&data);
    }
    Ok((bytes.into(), share))
}

async fn upgrade(
    service: Arc<Service>,
    connection: &Connection,
    request: Request<Incoming>,
) -> Answered {
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let upgrade = upgrade.map_err(|_| (StatusCode::BAD_REQUEST, MethodError::Upgrade))?;
    let limit = service.dispatcher.limits.message_bytes;
    let connection = connection.clone();
    Ok(upgrade
        .read_buffer_size(READ_AHEAD)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| websocket::serve(service, connection, socket)))
}

/// Whether somebody asks whether there is a server, as geth lets them: nothing is done.
fn is_probe(request: &Request<Incoming>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) && request.body().is_end_stream()
}

/// Other upgrades, such as a client's offer of HTTP/2, need not be taken (RFC 9110, section 7.8).
fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(UPGRADE).iter().filter_map(|offer| offer.to_str().ok());
    offers
        .flat_map(|offers| offers.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case("websocket"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    JSON.iter().any(|json| kind.eq_ignore_ascii_case(json))
}

fn respond(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
    response
}
