// SPDX-License-Identifier: ISC

// Go's net/http as a slow back end: /wait/DURATION.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	http.HandleFunc("/wait/", func(w http.ResponseWriter, r *http.Request) {
		wait, err := time.ParseDuration(strings.TrimPrefix(r.URL.Path, "/wait/"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if wait > 0 {
			time.Sleep(wait)
		}
		w.WriteHeader(http.StatusOK)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "listening on %s\n", listener.Addr())
	panic(http.Serve(listener, nil))
}
