//! Addresses that are not of the public internet: those of a network of one's own, and of this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the URL's host is private without being looked up: by its number, or as a name that leads to this machine alone
/// (RFC 6761).
pub fn is_private_url(url: &str) -> bool {
    let host = host(url);
    host.parse().is_ok_and(is_private) || is_localhost(host)
}

fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

fn host(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    host.unwrap_or_default()
}

/// Whether the address is not one of the public internet.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

/// What is not global by IANA's registry of special-purpose addresses.
fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            (0 | 240..=255, ..) | (100, 64..=127, _) | (192, 0, 0) | (198, 18 | 19, _)
        )
}

/// What leads to an IPv4 address is as private as that.
fn is_private_v6(address: Ipv6Addr) -> bool {
    let embedded = embedded(address);
    match embedded[..] {
        // All that is global begins with 001.
        [] => {
            let [first, second, ..] = address.segments();
            first & 0xe000 != 0x2000 || (first == 0x2001 && second == 0xdb8)
        }
        _ => embedded.into_iter().any(is_private_v4),
    }
}

/// The IPv4 addresses in one: mapped, behind NAT64, 6to4, and of a Teredo client (inverted) with its server.
fn embedded(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            vec![v4(high, low)]
        }
        [0x2002, high, low, ..] => vec![v4(high, low)],
        [0x2001, 0, high, low, .., inverted_high, inverted_low] => {
            vec![v4(high, low), v4(!inverted_high, !inverted_low)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_private_or_the_internets() {
        for (host, expected) in [
            ("10.0.0.1", true),
            ("127.0.0.1", true),
            ("169.254.169.254", true),
            ("172.16.0.1", true),
            ("192.168.1.1", true),
            ("100.64.0.1", true),
            ("0.0.0.0", true),
            ("198.18.0.1", true),
            ("255.255.255.255", true),
            ("93.184.216.34", false),
            ("100.63.0.1", false),
            ("[::1]", true),
            ("[fd00::1]", true),
            ("[fe80::1]", true),
            ("[::ffff:10.0.0.1]", true),
            ("[64:ff9b::a00:1]", true),
            ("[64:ff9b::5db8:d822]", false),
            // NAT64 of this network's own.
            ("[64:ff9b:1::5db8:d822]", true),
            ("[2002:a00:1::1]", true),
            ("[2002:c0a8:101::1]", true),
            ("[2002:5db8:d822::1]", false),
            // Of a Teredo client at 10.0.0.1, of one behind a server at 10.0.0.1, and of neither.
            ("[2001:0:5db8:d822::f5ff:fffe]", true),
            ("[2001:0:a00:1::a247:27dd]", true),
            ("[2001:0:5db8:d822::a247:27dd]", false),
            ("[2606:2800:220:1::1]", false),
            ("[::ffff:93.184.216.34]", false),
            ("example.com", false),
        ] {
            for url in [
                format!("https://{host}"),
                format!("https://{host}:8443/path?q#f"),
            ] {
                assert_eq!(is_private_url(&url), expected, "{url}");
            }
        }
    }

    #[test]
    fn localhost_is_this_machine() {
        for (host, expected) in [
            ("LocalHost", true),
            ("hooks.localhost.", true),
            ("localhost.example.com", false),
            ("notlocalhost", false),
        ] {
            let url = format!("https://{host}:8443/path");
            assert_eq!(is_private_url(&url), expected, "{url}");
        }
    }
}
