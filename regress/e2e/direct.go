// SPDX-License-Identifier: ISC

// A static program with a resolver of its own: direct HOST PORT ...
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

func get(where string) string {
	conn, err := net.DialTimeout("tcp", where, 10*time.Second)
	if err != nil {
		return "error: " + err.Error()
	}
	defer conn.Close()
	// The reset may come before this, and is then told here alone.
	_, err = fmt.Fprintf(conn, "GET / HTTP/1.0\r\nHost: go.test\r\n\r\n")
	if err != nil {
		return "error: " + err.Error()
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return "error: " + err.Error()
	}
	if strings.HasSuffix(string(answer), "\r\n\r\nhello from go.test\n") {
		return "ok"
	}
	return string(answer)
}

func main() {
	for _, where := range os.Args[1:] {
		fmt.Println(where, get(where))
	}
	var wait sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		wait.Add(1)
		go func(i int) {
			answers[i] = get(os.Args[1])
			wait.Done()
		}(i)
	}
	wait.Wait()
	good := 0
	for _, answer := range answers {
		if answer == "ok" {
			good++
		}
	}
	fmt.Println("parallel", good)
}
