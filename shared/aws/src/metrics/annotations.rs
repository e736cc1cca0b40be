//! Annotations as items of the metrics table, of a project under one key: the day and a hash of the text are the sort
//! key, so that annotating twice is annotating once.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::annotation::{Annotation, AnnotationText};
use domain::day::Day;
use domain::ids::ProjectId;
use futures::TryStreamExt;
use pipeline::ports::PortError;
use uuid::Uuid;

use super::DynamoMetrics;
use crate::record::escaped;
use crate::sdk::port_error;
use crate::tables::{PROJECT_SHARD, SEGMENT_DAY};
use crate::users::Item;

/// What stands where a dimension's name stands otherwise. There are few of them: they are in no shards.
const ANNOTATIONS: &str = "annotations";

const TEXT: &str = "text";

/// Of the hashes of texts.
const NAMESPACE: Uuid = Uuid::from_u128(0x5e1f_9c52_0a34_4b8e_9d6f_2b7a_81c3_e450);

impl DynamoMetrics {
    pub(super) async fn annotations_of(
        &self,
        project: &ProjectId,
        (from, to): (Day, Day),
    ) -> Result<Vec<Annotation>, PortError> {
        let between = [format!("{from}#"), format!("{to}$")].map(AttributeValue::S);
        let items = self.query(partition(project), between);
        let items = items.try_concat().await?;
        let mut annotations: Vec<Annotation> = items.iter().filter_map(read).collect();
        annotations.sort();
        Ok(annotations)
    }

    /// Adds an annotation; whether it was not there before.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not take it.
    pub async fn annotate(
        &self,
        project: &ProjectId,
        annotation: &Annotation,
    ) -> Result<bool, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(PROJECT_SHARD, partition(project))
            .item(SEGMENT_DAY, sort_key(annotation))
            .item(TEXT, AttributeValue::S(annotation.text.to_string()))
            .return_values(ReturnValue::AllOld);
        let put = put.send().await;
        let put = put.map_err(|error| port_error("PutItem", &self.table, error))?;
        Ok(put.attributes.is_none())
    }

    /// Removes an annotation; whether it was there.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not remove it.
    pub async fn remove_annotation(
        &self,
        project: &ProjectId,
        annotation: &Annotation,
    ) -> Result<bool, PortError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(PROJECT_SHARD, partition(project))
            .key(SEGMENT_DAY, sort_key(annotation))
            .return_values(ReturnValue::AllOld);
        let deleted = delete.send().await;
        let deleted = deleted.map_err(|error| port_error("DeleteItem", &self.table, error))?;
        Ok(deleted.attributes.is_some())
    }
}

fn partition(project: &ProjectId) -> AttributeValue {
    AttributeValue::S(format!("{}#{ANNOTATIONS}", escaped(project.as_str())))
}

fn sort_key(annotation: &Annotation) -> AttributeValue {
    let hash = Uuid::new_v5(&NAMESPACE, annotation.text.as_str().as_bytes());
    AttributeValue::S(format!("{}#{}", annotation.day, hash.simple()))
}

/// What is not known, such as a longer text of a newer version, is passed over.
fn read(item: &Item) -> Option<Annotation> {
    let text = |name: &str| item.get(name)?.as_s().ok().map(String::as_str);
    let (day, _) = text(SEGMENT_DAY)?.split_once('#')?;
    Some(Annotation {
        day: Day::parse(day).ok()?,
        text: AnnotationText::parse(text(TEXT)?).ok()?,
    })
}
