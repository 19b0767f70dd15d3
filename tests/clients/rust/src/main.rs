// SPDX-License-Identifier: Apache-2.0

//! rskafka: creates a topic, writes, reads by assignment, compares.

use rskafka::client::{
    partition::{Compression, OffsetAt, UnknownTopicHandling},
    ClientBuilder,
};
use rskafka::record::Record;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;

const PARTITIONS: i32 = 3;

fn key(number: usize) -> Vec<u8> {
    format!("key-{number}").into_bytes()
}

fn value(number: usize) -> Vec<u8> {
    (0..100 + number % 50).map(|at| (31 * number + 7 * at) as u8).collect()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let (bootstrap, topic, count) = (&arguments[1], &arguments[2], arguments[3].parse::<usize>()?);
    let client = ClientBuilder::new(vec![bootstrap.clone()]).build().await?;
    client.controller_client()?.create_topic(topic, PARTITIONS, 1, 10_000).await?;

    let mut missing: HashMap<Vec<u8>, usize> = (0..count).map(|number| (key(number), number)).collect();
    for partition in 0..PARTITIONS {
        let place = client.partition_client(topic, partition, UnknownTopicHandling::Retry).await?;
        // It leaves the choice of the partition to us.
        let mine: Vec<usize> = (0..count).filter(|number| *number as i32 % PARTITIONS == partition).collect();
        for some in mine.chunks(100) {
            let records = some
                .iter()
                .map(|number| Record {
                    key: Some(key(*number)),
                    value: Some(value(*number)),
                    headers: BTreeMap::new(),
                    timestamp: chrono::Utc::now(),
                })
                .collect();
            place.produce(records, Compression::NoCompression).await?;
        }
        let (first, last) = (place.get_offset(OffsetAt::Earliest).await?, place.get_offset(OffsetAt::Latest).await?);
        if (first, last) != (0, mine.len() as i64) {
            return Err(format!("partition {partition} has offsets {first} to {last}, not {}", mine.len()).into());
        }
        let mut next = first;
        while next < last {
            let (records, _) = place.fetch_records(next, 1..1_000_000, 1_000).await?;
            for each in records {
                if each.offset != next {
                    return Err(format!("partition {partition} has offset {} instead of {next}", each.offset).into());
                }
                next += 1;
                let key = each.record.key.ok_or("a key is missing")?;
                let number = missing.remove(&key).ok_or_else(|| format!("unexpected or doubled key {key:?}"))?;
                if each.record.value != Some(value(number)) {
                    return Err(format!("another value for key {number}").into());
                }
            }
        }
    }
    if !missing.is_empty() {
        return Err(format!("{} records are missing", missing.len()).into());
    }
    println!("ok {count}");
    Ok(())
}
