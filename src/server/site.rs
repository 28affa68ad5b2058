//! The site's files: inside the binary when built for release, from `target/site` while developing.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

use crate::api::ApiError;
use crate::app::Assets;
use crate::hex;

#[derive(RustEmbed)]
#[folder = "target/site/"]
#[allow_missing = true]
struct Site;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Characters of the content hash in a file's address.
const VERSION_LENGTH: usize = 16;

/// The addresses that pages name. With `?v=` the content's hash, so that a browser may keep them for ever.
pub(super) fn assets() -> Assets {
    Assets {
        js: versioned("/pkg/holdfast.js"),
        wasm: versioned("/pkg/holdfast.wasm"),
        css: versioned("/pkg/holdfast.css"),
    }
}

/// Whether the site is there to be served: in this binary, or (in a development build) on disk.
pub(super) fn is_there() -> bool {
    Site::get("pkg/holdfast.js").is_some()
}

fn versioned(path: &str) -> String {
    match Site::get(path.trim_start_matches('/')) {
        Some(file) => format!("{path}?v={}", version(&file)),
        None => path.to_owned(),
    }
}

fn version(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..VERSION_LENGTH / 2])
}

/// Answers every path that no route answers.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> axum::response::Response {
    let path = uri.path().trim_start_matches('/');
    let is_encoding = matches!(path.rsplit_once('.'), Some((_, "br" | "gz")));
    // While developing, files are read from disk: no way may lead out of the folder.
    let is_plain = !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let found = if is_plain && !is_encoding { Site::get(path) } else { None };
    let Some(file) = found else {
        return ApiError::not_found().into_response();
    };
    if method != Method::GET && method != Method::HEAD {
        let mut response = ApiError::method_not_allowed().into_response();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let version = version(&file);
    let is_versioned = uri.query().is_some_and(|query| query == format!("v={version}"));
    let (encoding, content) = best_encoding(path, &headers, file.data);
    // The two encodings are two representations, so their validators differ (RFC 9110 §8.8.3).
    let etag = format!("\"{version}{}\"", encoding.map(|name| format!("-{name}")).unwrap_or_default());

    let mut response = Response::builder()
        .header(header::CACHE_CONTROL, if is_versioned { IMMUTABLE } else { REVALIDATE })
        .header(header::ETAG, &etag)
        .header(header::VARY, "accept-encoding");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| lists(known, &etag)) {
        response = response.status(StatusCode::NOT_MODIFIED);
        return response.body(Body::empty()).unwrap_or_default();
    }
    if let Some(name) = encoding {
        response = response.header(header::CONTENT_ENCODING, name);
    }
    response =
        response.header(header::CONTENT_TYPE, content_type(path)).header(header::CONTENT_LENGTH, content.len());
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        match content {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        }
    };
    response.body(body).unwrap_or_default()
}

/// The smallest form the client takes of those that were made at build time.
fn best_encoding(
    path: &str,
    headers: &HeaderMap,
    plain: Cow<'static, [u8]>,
) -> (Option<&'static str>, Cow<'static, [u8]>) {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (name, suffix) in [("br", "br"), ("gzip", "gz")] {
        let takes = accepted.split(',').any(|offer| {
            let mut parts = offer.split(';');
            let named = parts.next().is_some_and(|coding| coding.trim().eq_ignore_ascii_case(name));
            named && !parts.any(|weight| weight.trim().trim_start_matches("q=").parse() == Ok(0.0_f32))
        });
        if takes && let Some(file) = Site::get(&format!("{path}.{suffix}")) {
            return (Some(name), file.data);
        }
    }
    (None, plain)
}

fn lists(known: &HeaderValue, etag: &str) -> bool {
    known.to_str().is_ok_and(|known| {
        known.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
    })
}

fn content_type(path: &str) -> String {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    match (mime.type_().as_str(), mime.subtype().as_str()) {
        ("text", _) | ("application", "javascript" | "json" | "manifest+json") | ("image", "svg+xml") => {
            format!("{mime}; charset=utf-8")
        }
        _ => mime.to_string(),
    }
}
