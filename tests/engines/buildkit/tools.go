//go:build tools

// Package main: the real programs that this module pins. The tag keeps them out of the helper program;
// `go mod tidy` still reads the file, so go.sum covers them.
package main

import (
	_ "github.com/moby/buildkit/cmd/buildctl"
	_ "github.com/moby/buildkit/cmd/buildkitd"
)
