//! One kind of work on many things, by several threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` gives for each of the items, in their order. The calling thread is one of the `threads`.
pub(crate) fn map<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        while let Some((at, item)) = take_next(&next, items) {
            done.push((at, work(item)));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let others = (1..threads.min(items.len())).map(|_| scope.spawn(take));
        let others: Vec<_> = others.collect();
        let mut done = take();
        for other in others {
            // A panic in a thread is this program's fault, and goes on here.
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn take_next<'t, T>(next: &AtomicUsize, items: &'t [T]) -> Option<(usize, &'t T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    items.get(at).map(|item| (at, item))
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1000).collect();
        let doubled: Vec<u32> = items.iter().map(|item| item * 2).collect();
        for threads in [0, 1, 3, 2000] {
            assert_eq!(map(threads, &items, |item| item * 2), doubled);
        }
        assert!(map(4, &[], |item: &u32| *item).is_empty());
    }
}
