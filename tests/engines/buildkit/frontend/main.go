// BuildKit's Dockerfile front end alone: what is in this file, would BuildKit take it, and which image configuration
// would come of it? No daemon and no network; every base image is a made-up one, and no RUN is run.
// Requests are JSON lines on standard input, answers are JSON lines on standard output, in the same order.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Request is one Dockerfile.
type Request struct {
	Dockerfile []byte            `json:"dockerfile"`
	BuildArgs  map[string]string `json:"build_args"`
	Target     string            `json:"target"`
}

// Answer is what the front end makes of it. Nodes are there whenever the file can be read, Image when nothing is refused.
type Answer struct {
	Error string `json:"error"`
	Lines []int  `json:"lines"` // first and last line that the error names; empty when it names none
	Nodes []Node `json:"nodes"`
	Image any    `json:"image"`
}

// Node is one instruction as the parser leaves it.
type Node struct {
	Keyword  string           `json:"keyword"`
	Start    int              `json:"start"`
	End      int              `json:"end"`
	Flags    []string         `json:"flags"`
	Words    []string         `json:"words"`
	JSON     bool             `json:"json"`
	Heredocs []parser.Heredoc `json:"heredocs"`
}

const baseImage = `{"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/base"]}, "history": [{}],
	"rootfs": {"type": "layers", "diff_ids": ["sha256:0000000000000000000000000000000000000000000000000000000000000000"]}}`

type images struct{}

func (images) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", []byte(baseImage), nil
}

func main() {
	log.SetFlags(0)
	requests := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	for {
		var r Request
		if err := requests.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(answer(r)); err != nil {
			log.Fatal(err)
		}
		if err := out.Flush(); err != nil {
			log.Fatal(err)
		}
	}
}

func answer(r Request) Answer {
	var a Answer
	if parsed, err := parser.Parse(bytes.NewReader(r.Dockerfile)); err == nil {
		for _, n := range parsed.AST.Children {
			node := Node{n.Value, n.StartLine, n.EndLine, n.Flags, words(n), n.Attributes["json"], n.Heredocs}
			a.Nodes = append(a.Nodes, node)
		}
	}
	platform := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	capabilities := pb.Caps.CapSet(pb.Caps.All())
	result, err := dockerfile2llb.Dockerfile2LLB(context.Background(), r.Dockerfile, dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			BuildArgs: r.BuildArgs, Target: r.Target, BuildPlatforms: []ocispecs.Platform{platform},
		},
		LLBCaps:        &capabilities,
		MetaResolver:   images{},
		TargetPlatform: &platform,
	})
	if err != nil {
		a.Error = err.Error()
		a.Lines = lines(err)
	} else {
		a.Image = result.Image
	}
	return a
}

func words(n *parser.Node) []string {
	found := []string{}
	for n = n.Next; n != nil; n = n.Next {
		if len(n.Children) == 0 {
			found = append(found, n.Value)
		}
		for _, child := range n.Children {
			found = append(append(found, child.Value), words(child)...)
		}
	}
	return found
}

func lines(err error) []int {
	var located *parser.LocationError
	if errors.As(err, &located) {
		for _, ranges := range located.Locations {
			if len(ranges) > 0 {
				return []int{ranges[0].Start.Line, ranges[len(ranges)-1].End.Line}
			}
		}
	}
	return nil
}
