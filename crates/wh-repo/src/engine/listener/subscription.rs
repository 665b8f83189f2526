//! One party that listens, and what waits for it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::task::AtomicWaker;

/// How many notifications wait for a subscriber that does not ask. Beyond that it is told of a gap in their place.
const CAPACITY: usize = 1024;

/// What a subscriber is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Somebody sent this on the channel.
    Notified(Arc<str>),
    /// The channel is up. What was sent before this, and not heard, is unknown: look for yourself.
    Gap,
    /// The channel is down from here to the next [`Gap`](Self::Gap): nothing will be heard.
    Down,
}

/// A stream of what is sent on one channel. It ends when the last clone of its database is dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(super) mailbox: Arc<Mailbox>,
}

impl Stream for Subscription {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.mailbox.poll(cx)
    }
}

/// Events on their way from the connection to one subscriber.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    content: Mutex<Content>,
    reader: AtomicWaker,
}

#[derive(Debug, Default)]
struct Content {
    events: VecDeque<Event>,
    closed: bool,
}

impl Mailbox {
    /// Leaves an event. A gap makes everything before it worthless; in a full box everything becomes a gap.
    pub(super) fn push(&self, event: Event) {
        let mut content = self.content();
        let events = &mut content.events;
        let full = events.len() >= CAPACITY;
        if full || event == Event::Gap {
            events.clear();
            events.push_back(Event::Gap);
        }
        match event {
            Event::Gap => {}
            // Part of the gap now.
            Event::Notified(_) if full => {}
            event => events.push_back(event),
        }
        drop(content);
        self.reader.wake();
    }

    /// Nothing will come any more.
    pub(super) fn close(&self) {
        self.content().closed = true;
        self.reader.wake();
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.reader.register(cx.waker());
        let mut content = self.content();
        match content.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if content.closed => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    fn notified(n: usize) -> Event {
        Event::Notified(n.to_string().into())
    }

    /// Everything that waits in the box.
    fn drain(subscription: &mut Subscription) -> Vec<Event> {
        std::iter::from_fn(|| subscription.next().now_or_never().flatten()).collect()
    }

    #[test]
    fn events_come_in_their_order() {
        let mut subscription = Subscription { mailbox: Arc::default() };
        let all = [Event::Gap, notified(1), Event::Down];
        for event in &all {
            subscription.mailbox.push(event.clone());
        }
        assert_eq!(drain(&mut subscription), all);
    }

    #[test]
    fn a_gap_makes_what_came_before_it_worthless() {
        let mut subscription = Subscription { mailbox: Arc::default() };
        for event in [Event::Gap, notified(1), Event::Down, Event::Gap, notified(2)] {
            subscription.mailbox.push(event);
        }
        assert_eq!(drain(&mut subscription), [Event::Gap, notified(2)]);
    }

    #[test]
    fn a_slow_subscriber_finds_a_gap_in_place_of_an_endless_queue() {
        let mut subscription = Subscription { mailbox: Arc::default() };
        for n in 0..CAPACITY * 3 {
            subscription.mailbox.push(notified(n));
            assert!(subscription.mailbox.content().events.len() <= CAPACITY);
        }
        let waiting = drain(&mut subscription);
        assert_eq!(waiting.first(), Some(&Event::Gap));
        assert_eq!(waiting.last(), Some(&notified(CAPACITY * 3 - 1)));
    }

    #[test]
    fn a_full_box_still_takes_the_news_that_the_channel_is_down() {
        let mut subscription = Subscription { mailbox: Arc::default() };
        for n in 0..CAPACITY {
            subscription.mailbox.push(notified(n));
        }
        subscription.mailbox.push(Event::Down);
        assert_eq!(drain(&mut subscription), [Event::Gap, Event::Down]);
    }

    #[test]
    fn what_was_left_before_the_end_is_still_read() {
        let mut subscription = Subscription { mailbox: Arc::default() };
        subscription.mailbox.push(notified(1));
        subscription.mailbox.close();
        assert_eq!(subscription.next().now_or_never(), Some(Some(notified(1))));
        assert_eq!(subscription.next().now_or_never(), Some(None));
    }
}
