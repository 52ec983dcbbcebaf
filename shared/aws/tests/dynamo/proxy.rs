//! Stands between the SDK and DynamoDB, and has the next write go wrong as no stand-in does by itself.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a write.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// It goes through.
    None,
    /// It happens, and its answer is lost with the connection.
    AnswerLost,
    /// It does not happen: the connection is lost first.
    RequestLost,
    /// It does not happen; this is answered: a status and a body.
    Answered(u16, &'static str),
}

/// A proxy with mishaps for the next writes, in order.
pub struct Proxy {
    pub address: SocketAddr,
    mishaps: Arc<Mutex<VecDeque<Mishap>>>,
    writes: Arc<Mutex<u32>>,
}

impl Proxy {
    pub async fn before(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mishaps, writes) = (Arc::<Mutex<VecDeque<Mishap>>>::default(), Arc::<Mutex<u32>>::default());
        let (queue, count) = (mishaps.clone(), writes.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (queue, count) = (queue.clone(), count.clone());
                // A connection that ends, ends: there is nobody to tell.
                tokio::spawn(async move { serve(client, upstream, &queue, &count).await.ok() });
            }
        });
        Self { address, mishaps, writes }
    }

    /// What happens to the next writes.
    pub fn next(&self, mishaps: &[Mishap]) {
        *self.mishaps.lock().unwrap() = mishaps.iter().copied().collect();
    }

    /// How many writes have come since this was asked last.
    pub fn writes(&self) -> u32 {
        std::mem::take(&mut self.writes.lock().unwrap())
    }
}

async fn serve(
    client: TcpStream,
    upstream: SocketAddr,
    mishaps: &Mutex<VecDeque<Mishap>>,
    writes: &Mutex<u32>,
) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let mut upstream = BufReader::new(TcpStream::connect(upstream).await?);
    while let Some(request) = message(&mut client).await? {
        let is_write = ["PutItem", "DeleteItem", "TransactWriteItems"].iter().any(|name| {
            let head = String::from_utf8_lossy(&request).to_lowercase();
            head.contains(&format!("dynamodb_20120810.{}\r\n", name.to_lowercase()))
        });
        let mishap = if is_write {
            *writes.lock().unwrap() += 1;
            mishaps.lock().unwrap().pop_front().unwrap_or(Mishap::None)
        } else {
            Mishap::None
        };
        match mishap {
            Mishap::RequestLost => return Ok(()),
            Mishap::Answered(status, body) => {
                let head = format!(
                    "HTTP/1.1 {status} Said\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                client.write_all(head.as_bytes()).await?;
                client.write_all(body.as_bytes()).await?;
            }
            Mishap::None | Mishap::AnswerLost => {
                upstream.write_all(&request).await?;
                let Some(answer) = message(&mut upstream).await? else { return Ok(()) };
                if matches!(mishap, Mishap::AnswerLost) {
                    return Ok(());
                }
                client.write_all(&answer).await?;
            }
        }
    }
    Ok(())
}

/// One HTTP message with a length, whole.
async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let (mut message, mut length) = (Vec::new(), 0);
    loop {
        let begins = message.len();
        if stream.read_until(b'\n', &mut message).await? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&message[begins..]).to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let body = message.len();
    message.resize(body + length, 0);
    stream.read_exact(&mut message[body..]).await?;
    Ok(Some(message))
}
