//! What CloudWatch has seen of an installation.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use pipeline::ports::PortError;

use aws::sdk::port_error;

/// CloudWatch.
#[derive(Clone, Debug)]
pub struct CloudWatch {
    client: Client,
}

/// A metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metric<'a> {
    /// Such as `AWS/Lambda`.
    pub namespace: &'a str,
    /// Such as `IteratorAge`.
    pub name: &'a str,
    /// A dimension's name and value, such as `FunctionName`; `None` for a metric without any.
    pub dimension: Option<(&'a str, &'a str)>,
}

impl CloudWatch {
    /// That of the configuration's Region.
    pub fn new(sdk: &SdkConfig) -> Self {
        let client = Client::new(sdk);
        Self { client }
    }

    /// The largest value of the last so much time; `None` if there was none.
    ///
    /// # Errors
    ///
    /// If it cannot be had.
    pub async fn maximum(
        &self,
        metric: Metric<'_>,
        last: Duration,
    ) -> Result<Option<f64>, PortError> {
        let values = self.values(metric, last, Statistic::Maximum).await?;
        Ok(values.into_iter().reduce(f64::max))
    }

    /// The sum of the values of the last so much time; 0 if there was none.
    ///
    /// # Errors
    ///
    /// If it cannot be had.
    pub async fn sum(&self, metric: Metric<'_>, last: Duration) -> Result<f64, PortError> {
        let values = self.values(metric, last, Statistic::Sum).await?;
        Ok(values.into_iter().sum())
    }

    async fn values(
        &self,
        metric: Metric<'_>,
        last: Duration,
        statistic: Statistic,
    ) -> Result<Vec<f64>, PortError> {
        let now = SystemTime::now();
        let dimensions = metric
            .dimension
            .map(|(name, value)| vec![Dimension::builder().name(name).value(value).build()]);
        let got = self
            .client
            .get_metric_statistics()
            .namespace(metric.namespace)
            .metric_name(metric.name)
            .set_dimensions(dimensions)
            .start_time(DateTime::from(now - last))
            .end_time(DateTime::from(now))
            .period(300)
            .statistics(statistic.clone());
        let got = got.send().await;
        let got = got.map_err(|error| port_error("GetMetricStatistics", metric.name, error))?;
        let points = got.datapoints.unwrap_or_default().into_iter();
        let value = |point: aws_sdk_cloudwatch::types::Datapoint| {
            if statistic == Statistic::Sum {
                point.sum
            } else {
                point.maximum
            }
        };
        Ok(points.filter_map(value).collect())
    }
}
