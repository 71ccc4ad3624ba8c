// A resident BuildKit client: it starts one buildkitd, takes builds as JSON lines on standard input and answers
// with JSON lines on standard output, in the order in which they finish. When standard input ends, the daemon
// stops and everything it wrote is gone, so a test run that is killed leaves nothing behind.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/tonistiigi/fsutil"
)

// Request is one build. Context and Dockerfile are paths; everything else may be absent.
type Request struct {
	ID         int               `json:"id"`
	Context    string            `json:"context"`
	Dockerfile string            `json:"dockerfile"`
	Target     string            `json:"target"`
	BuildArgs  map[string]string `json:"build_args"`
	Attrs      map[string]string `json:"attrs"`   // further options of the Dockerfile frontend
	Archive    string            `json:"archive"` // also write an archive for `docker load` here
	Name       string            `json:"name"`    // the image's name in that archive
	Timeout    float64           `json:"timeout"` // seconds
}

// Answer is what came of it. Lines are the Dockerfile lines that the error names.
type Answer struct {
	ID       int             `json:"id"`
	OK       bool            `json:"ok"`
	Error    string          `json:"error"`
	Lines    []int32         `json:"lines"`
	Log      string          `json:"log"`
	Warnings []Warning       `json:"warnings"`
	Image    json.RawMessage `json:"image"` // the OCI image configuration, whole
	Files    map[string]File `json:"files"`
}

// Warning is one finding of BuildKit's own Dockerfile linter.
type Warning struct {
	Text string `json:"text"`
	Line int32  `json:"line"` // 0 when it names none
}

// Every build leaves records behind that can never be used again, and tidying them away costs more than a new daemon.
const buildsPerDaemon = 1000

// The kernel ends the daemon when the thread that started it ends, so that thread must be one that stays.
func init() { runtime.LockOSThread() }

func main() {
	log.SetFlags(0)
	buildkitd := flag.String("buildkitd", "buildkitd", "the daemon's path")
	root := flag.String("root", "", "an existing folder for the daemon's state and socket")
	flag.Parse()
	start := func() (*daemon, error) { return startDaemon(context.Background(), *buildkitd, *root) }
	if err := serve(start, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// serve runs as many builds at once as there are processors, until the requests end.
func serve(start func() (*daemon, error), in io.Reader, out io.Writer) error {
	daemon, err := start()
	if err != nil {
		return err
	}
	defer func() { daemon.stop() }()
	var running sync.WaitGroup
	defer running.Wait()
	var writing sync.Mutex
	answers := json.NewEncoder(out)
	slots := make(chan struct{}, runtime.NumCPU())
	requests := json.NewDecoder(bufio.NewReader(in))
	for count := 1; ; count++ {
		var r Request
		if err := requests.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("request %d: %w", count, err)
		}
		if count%buildsPerDaemon == 0 {
			running.Wait()
			daemon.stop()
			if daemon, err = start(); err != nil {
				return err
			}
		}
		slots <- struct{}{}
		d := daemon
		running.Go(func() {
			answer := build(d, r)
			<-slots
			writing.Lock()
			defer writing.Unlock()
			if err := answers.Encode(answer); err != nil {
				log.Print(err)
			}
		})
	}
}

// build runs one request to its end. A failed build is an answer like any other; the death of the daemon is not.
func build(d *daemon, r Request) Answer {
	answer := Answer{ID: r.ID}
	ctx := context.Background()
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.Timeout*float64(time.Second)))
		defer cancel()
	}
	var archive bytes.Buffer
	options, err := solveOptions(r, &archive)
	if err == nil {
		status := make(chan *client.SolveStatus)
		told := make(chan struct{})
		go func() { answer.listen(status); close(told) }()
		_, err = d.client.Solve(ctx, nil, options, status)
		<-told
	}
	if err == nil {
		answer.Image, answer.Files, err = readImage(&archive)
	}
	if err != nil && d.gone(err) {
		log.Fatalf("%v\n%s", err, d.said.String())
	}
	if err != nil {
		answer.Error = err.Error()
		for _, source := range errdefs.Sources(err) {
			for _, span := range source.Ranges {
				answer.Lines = append(answer.Lines, span.Start.Line)
			}
		}
	}
	answer.OK = err == nil
	return answer
}

// listen keeps what the build's commands print and what the linter says.
func (a *Answer) listen(status <-chan *client.SolveStatus) {
	for s := range status {
		for _, l := range s.Logs {
			a.Log += string(l.Data)
		}
		for _, w := range s.Warnings {
			warning := Warning{Text: string(w.Short)}
			if len(w.Range) > 0 {
				warning.Line = w.Range[0].Start.Line
			}
			a.Warnings = append(a.Warnings, warning)
		}
	}
}

// solveOptions turns a request into BuildKit's terms. The image comes back as an OCI archive in `archive`.
func solveOptions(r Request, archive *bytes.Buffer) (client.SolveOpt, error) {
	contextFS, err := fsutil.NewFS(r.Context)
	if err != nil {
		return client.SolveOpt{}, err
	}
	dockerfileFS, err := fsutil.NewFS(filepath.Dir(r.Dockerfile))
	if err != nil {
		return client.SolveOpt{}, err
	}
	attrs := map[string]string{"filename": filepath.Base(r.Dockerfile)}
	if r.Target != "" {
		attrs["target"] = r.Target
	}
	for name, value := range r.BuildArgs {
		attrs["build-arg:"+name] = value
	}
	for name, value := range r.Attrs {
		attrs[name] = value
	}
	exports := []client.ExportEntry{{
		Type:   client.ExporterOCI,
		Attrs:  map[string]string{"compression": "uncompressed", "force-compression": "true"},
		Output: func(map[string]string) (io.WriteCloser, error) { return nopCloser{archive}, nil },
	}}
	if r.Archive != "" {
		exports = append(exports, client.ExportEntry{
			Type:   client.ExporterDocker,
			Attrs:  map[string]string{"name": r.Name},
			Output: func(map[string]string) (io.WriteCloser, error) { return os.Create(r.Archive) },
		})
	}
	return client.SolveOpt{
		Exports:       exports,
		Frontend:      "dockerfile.v0",
		FrontendAttrs: attrs,
		LocalMounts:   map[string]fsutil.FS{"context": contextFS, "dockerfile": dockerfileFS},
		// A new key each time: two contexts may lie at the same path one after the other, with equal sizes and times.
		SharedKey: identity.NewID(),
	}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
