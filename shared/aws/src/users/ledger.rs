//! The ledger of what was imported: pages beside the users' states, which are written in the same transaction.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::auth_event::UserKey;
use domain::history::HistoryId;
use pipeline::ports::LedgerPage;
use uuid::Uuid;

use super::Item;
use crate::record::user_key_text;
use crate::tables::USER;

/// The ids, one after another.
const IDS: &str = "ids";

/// Sets the names of pages apart from others that are made of names.
const NAMESPACE: Uuid = Uuid::from_u128(0x9a41_77c2_0e5b_4d36_a1f8_25b3_c6d9_0e74);

/// The key of a page. No user's key begins so: a project's id has no space. A page outlives its user, whom a second import
/// would count again, so it does not name them.
pub fn key(user: &UserKey, page: &LedgerPage) -> String {
    let user = Uuid::new_v5(&NAMESPACE, user_key_text(user).as_bytes());
    format!("imported {} {user}", page.0)
}

/// A page as it is stored.
pub fn item(user: &UserKey, page: &LedgerPage, ids: &BTreeSet<HistoryId>) -> Item {
    let ids: Vec<u8> = ids.iter().flat_map(|id| id.0).collect();
    Item::from([
        (USER.to_owned(), AttributeValue::S(key(user, page))),
        (IDS.to_owned(), AttributeValue::B(Blob::new(ids))),
    ])
}

/// The ids of a page.
pub fn ids(item: &Item) -> BTreeSet<HistoryId> {
    let ids = item.get(IDS).and_then(|ids| ids.as_b().ok());
    let ids = ids.map(AsRef::as_ref).unwrap_or_default();
    let (ids, _) = ids.as_chunks();
    ids.iter().map(|id| HistoryId(*id)).collect()
}
