//! What goes together in one request.

/// What one request may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How many.
    pub most: usize,
    /// How many bytes of them together. What alone has more goes alone.
    pub bytes: usize,
}

/// All in their order, as many together as one request may hold.
pub fn batches<T>(all: Vec<T>, limits: Limits, bytes_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for one in all {
        let own = bytes_of(&one);
        match batches.last_mut() {
            Some(last) if last.len() < limits.most && bytes + own <= limits.bytes => {
                bytes += own;
                last.push(one);
            }
            Some(_) | None => {
                bytes = own;
                batches.push(vec![one]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_holds_no_more_than_it_may() {
        let limits = Limits {
            most: 10,
            bytes: 250_000,
        };
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![1; 25], vec![10, 10, 5]),
            (vec![100_000, 150_000, 1, 400_000, 1], vec![2, 1, 1, 1]),
        ] {
            let batches = batches(sizes.clone(), limits, |size| *size);
            let sizes_of = batches.into_iter().map(|batch| batch.len());
            assert_eq!(sizes_of.collect::<Vec<_>>(), expected, "{sizes:?}");
        }
    }
}
