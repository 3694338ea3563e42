// SPDX-License-Identifier: ISC

// A peer for the benchmark: a goroutine a connection, encoding/json, and a
// time.AfterFunc for each job.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type job struct {
	Name *string `json:"name"`
	Wait float64 `json:"wait"`
}

type request struct {
	Jobs []job `json:"jobs"`
}

var batches int64

// What a client is told, and by whom next: jobs write here as they end, and
// one goroutine sends what has come together.
type client struct {
	conn    net.Conn
	mutex   sync.Mutex
	pending []byte
	news    chan struct{} // holds one
	running sync.WaitGroup
}

func (c *client) tell(line func([]byte) []byte) {
	c.mutex.Lock()
	c.pending = line(c.pending)
	c.mutex.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func (c *client) send(sent chan<- struct{}) {
	var out []byte
	for range c.news {
		runtime.Gosched() // lets what else is due come into the same write
		c.mutex.Lock()
		out, c.pending = c.pending, out[:0]
		c.mutex.Unlock()
		if _, err := c.conn.Write(out); err != nil {
			break
		}
	}
	close(sent)
}

func appendSeconds(out []byte, d time.Duration) []byte {
	return strconv.AppendFloat(out, d.Seconds(), 'f', 9, 64)
}

func (c *client) run(jobs []job) {
	batch := atomic.AddInt64(&batches, 1)
	left := int64(len(jobs))
	began := time.Now()
	prefix := fmt.Sprintf(`{"event":"done","batch":%d,"job":`, batch)
	finish := func(out []byte) []byte {
		out = append(out, fmt.Sprintf(
			`{"event":"finished","batch":%d,"status":"ok","jobs":%d,"ok":%d,"elapsed":`,
			batch, len(jobs), len(jobs))...)
		return append(appendSeconds(out, time.Since(began)), "}\n"...)
	}
	c.running.Add(1)
	c.tell(func(out []byte) []byte {
		return append(out, fmt.Sprintf("{\"event\":\"accepted\",\"batch\":%d,\"jobs\":%d}\n", batch,
			len(jobs))...)
	})
	if left == 0 {
		c.tell(finish)
		c.running.Done()
	}
	for i := range jobs {
		i := i
		time.AfterFunc(time.Duration(jobs[i].Wait*1e9), func() {
			c.tell(func(out []byte) []byte {
				out = append(out, prefix...)
				out = strconv.AppendInt(out, int64(i), 10)
				if jobs[i].Name != nil {
					name, _ := json.Marshal(*jobs[i].Name)
					out = append(append(out, `,"name":`...), name...)
				}
				out = append(out, `,"status":"ok","at":`...)
				return append(appendSeconds(out, time.Since(began)), "}\n"...)
			})
			if atomic.AddInt64(&left, -1) == 0 {
				c.tell(finish)
				c.running.Done()
			}
		})
	}
}

func serve(conn net.Conn) {
	c := &client{conn: conn, news: make(chan struct{}, 1)}
	sent := make(chan struct{})
	go c.send(sent)
	decoder := json.NewDecoder(bufio.NewReader(conn))
	for {
		var r request
		if decoder.Decode(&r) != nil {
			break
		}
		c.run(r.Jobs)
	}
	c.running.Wait()
	close(c.news)
	<-sent
	conn.Close()
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "listening on %s\n", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn)
	}
}
