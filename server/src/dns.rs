//! What name servers say of a domain's proof: the TXT records of one name, asked anew each time and remembered by nobody here.
//!
//! Asked are those of the setting `dns`, else those of the system.

use engine::store::mail_domains::Looked;
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::RData,
};
use std::{net::SocketAddr, time::Duration};

/// How long one server may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long all of it may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Texts of a name, each record's parts joined. `servers`: whom to ask; empty: the system's.
pub async fn texts(servers: &[SocketAddr], name: &str) -> Looked {
    match tokio::time::timeout(DEADLINE, ask(servers, name)).await {
        Ok(Ok(texts)) => Looked::Texts(texts),
        Ok(Err(error)) if error.is_nx_domain() || error.is_no_records_found() => Looked::Texts(Vec::new()),
        Ok(Err(error)) => Looked::Fault(words(&error)),
        Err(_) => Looked::Fault("it didn't answer".to_owned()),
    }
}

async fn ask(servers: &[SocketAddr], name: &str) -> Result<Vec<String>, NetError> {
    let mut builder = if servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let name_servers = servers.iter().map(|address| {
            let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
            for connection in &mut connections {
                connection.port = address.port();
            }
            NameServerConfig::new(address.ip(), true, connections)
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), name_servers.collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options = builder.options_mut();
    options.timeout = PATIENCE;
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    let found = builder.build()?.txt_lookup(format!("{}.", name.trim_end_matches('.'))).await?;
    let text = |data: &RData| match data {
        RData::TXT(text) => Some(text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect::<String>()),
        _ => None,
    };
    Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect())
}

fn words(error: &NetError) -> String {
    match error {
        NetError::Timeout => "it didn't answer".to_owned(),
        NetError::NoConnections | NetError::Io(_) => "it can't be reached".to_owned(),
        NetError::Dns(DnsError::ResponseCode(code)) => format!("it answered with {code}"),
        other => other.to_string(),
    }
}
