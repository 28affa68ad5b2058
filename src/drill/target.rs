//! What is attacked: where it is, how it is reached, and from where.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::{Origin, Position, Url};

use super::Sorry;

/// One instance, for all that attack it.
pub(super) struct Target {
    url: Url,
    /// As a browser on its pages would say it.
    pub(super) origin: String,
    address: SocketAddr,
    tls: Option<TlsConnector>,
    /// Whether the drill can come from several networks.
    pub(super) has_networks: bool,
}

/// Something that bytes go through.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Target {
    /// Look at it, and at whether it may be attacked at all. `origin` is for an instance that is reached by another name than
    /// the one its pages have.
    pub(super) async fn find(url: &Url, origin: Option<&Url>, may_be_elsewhere: bool) -> Result<Self, Sorry> {
        let Origin::Tuple(scheme, host, port) = url.origin() else {
            return Err(Sorry("--target must be an address such as http://localhost:3000".into()));
        };
        if !["http", "https"].contains(&scheme.as_str()) {
            return Err(Sorry("--target must begin with http:// or https://".into()));
        }
        let host = host.to_string();
        let named = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let found = lookup_host((named.as_str(), port)).await;
        let mut found: Vec<SocketAddr> =
            found.map_err(|error| Sorry(format!("{host} cannot be found: {error}")))?.collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        // Every one of them: a name that is this machine today and another one tomorrow is another one.
        let is_here = !found.is_empty() && found.iter().all(|address| address.ip().to_canonical().is_loopback());
        if !is_here && !may_be_elsewhere {
            return Err(Sorry(format!(
                "{host} is not this machine. A drill is an attack: it makes accounts, fails on purpose and raises alerts. If \
                 you may do that there, say so with --i-may-attack-this-host"
            )));
        }
        let address = reachable(&found).await;
        let address = address.ok_or_else(|| Sorry(format!("nothing answers at {url}")))?;
        let has_networks = is_here && address.is_ipv4() && can_come_from(Ipv4Addr::new(127, 66, 0, 1));
        let tls = if scheme == "https" { Some(connector().await?) } else { None };
        let origin = origin.unwrap_or(url).origin().ascii_serialization();
        Ok(Self { url: url.clone(), origin, address, tls, has_networks })
    }

    /// What requests name as their host.
    pub(super) fn host(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, host)| host)
    }

    /// The host of the origin, without a port.
    pub(super) fn rp_id(&self) -> String {
        self.origin.parse::<Url>().ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// A connection, from this address of ours where we have several.
    pub(super) async fn connect(&self, from: Option<Ipv4Addr>) -> io::Result<TokioIo<Box<dyn Wire>>> {
        let stream = match from.filter(|_| self.has_networks) {
            Some(from) => dial(from, self.address).await?,
            None => TcpStream::connect(self.address).await?,
        };
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(TokioIo::new(Box::new(stream))) };
        let host = self.url[Position::BeforeHost..Position::AfterHost].to_owned();
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        Ok(TokioIo::new(Box::new(tls.connect(name, stream).await?)))
    }
}

async fn reachable(found: &[SocketAddr]) -> Option<SocketAddr> {
    for address in found {
        if TcpStream::connect(address).await.is_ok() {
            return Some(*address);
        }
    }
    None
}

async fn dial(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    socket.connect(to).await
}

/// On Linux all of 127.0.0.0/8 is this machine, and so as many networks as anybody wants; elsewhere it is one address.
fn can_come_from(address: Ipv4Addr) -> bool {
    TcpSocket::new_v4().and_then(|socket| socket.bind(SocketAddr::new(IpAddr::V4(address), 0))).is_ok()
}

async fn connector() -> Result<TlsConnector, Sorry> {
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.map_err(|error| Sorry(error.to_string()))?.certs);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Sorry(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
