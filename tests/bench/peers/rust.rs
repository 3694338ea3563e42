// SPDX-License-Identifier: ISC
//
// A peer for the benchmark: tokio on one thread, serde, and a batch that is
// sorted once.  A request is a line.  Its jobs are kept in the order in which
// they fall due, and one task a batch sleeps until each distinct due time and
// writes all that is due by then, in blocks.
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::task::{spawn_local, JoinHandle, LocalSet};
use tokio::time::{sleep_until, Instant};

const BLOCK: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Job<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    wait: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    #[serde(borrow)]
    jobs: Vec<Job<'a>>,
}

struct Entry {
    due_ns: u64,
    job: u32,
    name: Option<Box<str>>,
}

// A time of the clock in nanoseconds as seconds, without idle zeroes.
fn push_seconds(line: &mut String, ns: u64) {
    let _ = write!(line, "{}", ns / 1_000_000_000);
    if ns % 1_000_000_000 != 0 {
        let _ = write!(line, ".{:09}", ns % 1_000_000_000);
        line.truncate(line.trim_end_matches('0').len());
    }
}

async fn run(batch: u64, entries: Vec<Entry>, writer: Rc<Mutex<OwnedWriteHalf>>) -> std::io::Result<()> {
    let started = Instant::now();
    let jobs = entries.len();
    let mut out = format!("{{\"event\":\"accepted\",\"batch\":{batch},\"jobs\":{jobs}}}\n");
    writer.lock().await.write_all(out.as_bytes()).await?;
    out.clear();

    let prefix = format!("{{\"event\":\"done\",\"batch\":{batch},\"job\":");
    let mut next = 0;
    while next < jobs {
        sleep_until(started + Duration::from_nanos(entries[next].due_ns)).await;
        let at_ns = started.elapsed().as_nanos() as u64;
        let mut at = String::new();
        push_seconds(&mut at, at_ns);
        while next < jobs && entries[next].due_ns <= at_ns {
            let entry = &entries[next];
            out.push_str(&prefix);
            let _ = write!(out, "{}", entry.job);
            if let Some(name) = &entry.name {
                out.push_str(",\"name\":");
                out.push_str(&serde_json::to_string(name).unwrap());
            }
            out.push_str(",\"status\":\"ok\",\"at\":");
            out.push_str(&at);
            out.push_str("}\n");
            next += 1;
            if out.len() >= BLOCK {
                writer.lock().await.write_all(out.as_bytes()).await?;
                out.clear();
            }
        }
        if next == jobs {
            break; // the rest goes with `finished`
        }
        writer.lock().await.write_all(out.as_bytes()).await?;
        out.clear();
    }
    let _ = write!(out, "{{\"event\":\"finished\",\"batch\":{batch},\"status\":\"ok\",\"jobs\":{jobs},\"ok\":{jobs},\"elapsed\":");
    push_seconds(&mut out, started.elapsed().as_nanos() as u64);
    out.push_str("}\n");
    writer.lock().await.write_all(out.as_bytes()).await
}

fn read_entries(line: &[u8]) -> serde_json::Result<Vec<Entry>> {
    let request: Request = serde_json::from_slice(line)?;
    let mut entries: Vec<Entry> = request
        .jobs
        .into_iter()
        .enumerate()
        .map(|(i, job)| Entry {
            due_ns: (job.wait * 1e9).round() as u64,
            job: i as u32,
            name: job.name.map(|name| name.into()),
        })
        .collect();
    entries.sort_unstable_by_key(|entry| (entry.due_ns, entry.job));
    Ok(entries)
}

async fn refuse(error: serde_json::Error, writer: &Mutex<OwnedWriteHalf>) -> std::io::Result<()> {
    let message = serde_json::to_string(&error.to_string()).unwrap();
    let line =
        format!("{{\"event\":\"error\",\"code\":\"invalid_request\",\"message\":{message}}}\n");
    writer.lock().await.write_all(line.as_bytes()).await
}

async fn serve(stream: TcpStream, batches: Rc<Cell<u64>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, writer) = stream.into_split();
    let writer = Rc::new(Mutex::new(writer));
    let mut running: Vec<JoinHandle<std::io::Result<()>>> = Vec::new();
    let mut input = Vec::new(); // nothing but the beginning of a line
    loop {
        reader.readable().await?;
        let searched = input.len();
        input.reserve(BLOCK);
        match reader.try_read_buf(&mut input) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        if !input[searched..].contains(&b'\n') {
            continue;
        }
        let mut lines = input.split(|&byte| byte == b'\n');
        let rest = lines.next_back().unwrap_or_default().to_vec();
        for line in lines {
            match read_entries(line) {
                Ok(entries) => {
                    batches.set(batches.get() + 1);
                    running.retain(|task| !task.is_finished());
                    running.push(spawn_local(run(batches.get(), entries, writer.clone())));
                }
                Err(error) => refuse(error, &writer).await?,
            }
        }
        input = rest;
    }
    for task in running {
        let _ = task.await;
    }
    Ok(())
}

async fn listen() -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse().unwrap())?;
    let listener = socket.listen(4096)?;
    let batches = Rc::new(Cell::new(0));
    writeln!(std::io::stderr(), "listening on {}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let batches = batches.clone();
        spawn_local(async move {
            let _ = serve(stream, batches).await; // the client has gone
        });
    }
}

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, listen())
}
