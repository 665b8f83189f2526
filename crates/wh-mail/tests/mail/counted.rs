//! What is counted, where a service collects metrics.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use wh_mail::MailSettings;
use wh_testkit::{SmtpScript, SmtpServer};

use crate::support::{BASE_URL, PATIENCE, info, settings, smtp, soon, start};

type Values = Arc<Mutex<BTreeMap<String, f64>>>;

#[derive(Default)]
struct Collector(Values);

/// One metric by its name.
struct Metric(Values, String);

impl Metric {
    fn change(&self, by: impl FnOnce(f64) -> f64) {
        let mut values = self.0.lock().unwrap();
        let value = values.entry(self.1.clone()).or_default();
        *value = by(*value);
    }
}

impl CounterFn for Metric {
    fn increment(&self, by: u64) {
        self.change(|value| value + f64::from(u32::try_from(by).unwrap()));
    }

    fn absolute(&self, to: u64) {
        self.change(|_| f64::from(u32::try_from(to).unwrap()));
    }
}

impl GaugeFn for Metric {
    fn increment(&self, by: f64) {
        self.change(|value| value + by);
    }

    fn decrement(&self, by: f64) {
        self.change(|value| value - by);
    }

    fn set(&self, to: f64) {
        self.change(|_| to);
    }
}

impl HistogramFn for Metric {
    fn record(&self, _: f64) {
        self.change(|value| value + 1.0);
    }
}

impl Collector {
    fn metric(&self, key: &Key) -> Arc<Metric> {
        assert_eq!(key.labels().count(), 0, "a label might hold what is personal");
        Arc::new(Metric(Arc::clone(&self.0), key.name().to_owned()))
    }
}

impl Recorder for Collector {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.metric(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.metric(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.metric(key))
    }
}

#[test]
fn every_mail_is_counted_with_its_end() {
    let collector = Collector::default();
    let values = Arc::clone(&collector.0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&collector, || {
        runtime.block_on(async {
            let script = SmtpScript::new().answer("RCPT", "451 4.7.1 Later").answer("RCPT", "550 5.1.1 No");
            let server = SmtpServer::start(&script);
            let mailer = start(MailSettings { queue_capacity: 5, ..settings(smtp(&server)) });
            for _ in 0..5 {
                mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
            }
            assert!(mailer.send_new_device_alert(&info(), BASE_URL).is_err());
            soon(mailer.shutdown(PATIENCE)).await;
        });
    });
    let counted: Vec<(String, f64)> = values.lock().unwrap().clone().into_iter().collect();
    let expected = [
        ("wh_mail_delivery_seconds", 4.0),
        ("wh_mail_failed_total", 1.0),
        ("wh_mail_queued_total", 5.0),
        ("wh_mail_retries_total", 1.0),
        ("wh_mail_sent_total", 4.0),
        ("wh_mail_turned_away_total", 1.0),
        ("wh_mail_waiting", 0.0),
    ];
    assert_eq!(counted, expected.map(|(name, value)| (name.to_owned(), value)));
}
