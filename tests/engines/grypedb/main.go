// Writes a small vulnerability database for grype, with grype's own database code, from a file that people can read:
//
//	grypedb -out DIR [-built 2026-01-31T00:00:00Z] vulnerabilities.yaml…
//
// DIR/vulnerability.db is then ready for `grype db import`. Rows are laid out as grype's own builder lays them out:
// one per package and range for advisories of language packages, one per release for those of a distribution.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	v6 "github.com/anchore/grype/grype/db/v6"
	"github.com/anchore/grype/grype/db/v6/name"
	syft "github.com/anchore/syft/syft/pkg"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "", "folder to write vulnerability.db to")
	built := flag.String("built", "", "build time of the database, RFC 3339 (default: now)")
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		log.Fatal("usage: grypedb -out DIR [-built TIME] FILE…")
	}
	if err := run(*out, *built, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(folder, built string, sources []string) error {
	when := time.Now().UTC().Truncate(time.Second)
	if built != "" {
		var err error
		if when, err = time.Parse(time.RFC3339, built); err != nil {
			return err
		}
	}
	writer, err := v6.NewWriter(v6.Config{DBDirPath: folder})
	if err != nil {
		return err
	}
	for _, source := range sources {
		content, err := readContent(source)
		if err != nil {
			return err
		}
		if err := content.write(writer, when); err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
	}
	if err := writer.SetDBMetadata(); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return setBuildTime(filepath.Join(folder, v6.VulnerabilityDBFileName), when)
}

// setBuildTime exists because the writer always takes the present moment.
func setBuildTime(file string, when time.Time) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	db, err := v6.NewLowLevelDB(file, false, true, false)
	if err != nil {
		return err
	}
	connection, err := db.DB()
	if err != nil {
		return err
	}
	defer connection.Close()
	return db.Model(&v6.DBMetadata{}).Where("true").Update("build_timestamp", when.UTC()).Error
}

func (c content) write(w v6.Writer, captured time.Time) error {
	provider := func(id string) *v6.Provider {
		return &v6.Provider{ID: id, Version: "1", Processor: "mlgate tests", DateCaptured: &captured, InputDigest: "xxh64:0"}
	}
	for _, advisory := range append(c.Python, c.Languages...) {
		if err := advisory.write(w, provider("github")); err != nil {
			return fmt.Errorf("%s: %w", advisory.ID, err)
		}
	}
	for _, advisory := range c.Distributions {
		for release, state := range advisory.Releases {
			system, there := c.Releases[release]
			if !there {
				return fmt.Errorf("%s: no release %q", advisory.CVE, release)
			}
			if err := state.write(w, provider(system.Name), advisory, system); err != nil {
				return fmt.Errorf("%s in %s: %w", advisory.CVE, release, err)
			}
		}
	}
	for id, cve := range c.CVEs {
		if err := cve.write(w, provider("nvd"), id); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// versionFormats says how the versions of an ecosystem compare.
var versionFormats = map[syft.Type]string{
	syft.PythonPkg: "python", syft.NpmPkg: "semver", syft.GoModulePkg: "go", syft.GemPkg: "gem", syft.RustPkg: "semver",
}

func (a languageAdvisory) write(w v6.Writer, provider *v6.Provider) error {
	ecosystem := syft.Type(a.Ecosystem)
	if ecosystem == "" {
		ecosystem = syft.PythonPkg
	}
	format, known := versionFormats[ecosystem]
	if !known {
		return fmt.Errorf("no ecosystem %q", a.Ecosystem)
	}
	handle := &v6.VulnerabilityHandle{
		Name: a.ID, Status: v6.VulnerabilityActive, PublishedDate: a.Published, ModifiedDate: a.Published,
		Provider: provider, ProviderID: provider.ID,
		BlobValue: &v6.VulnerabilityBlob{
			ID: a.ID, Description: a.Summary, Aliases: a.CVEs, Severities: severities(a.Severity, a.CVSS),
			References: []v6.Reference{{URL: "https://github.com/advisories/" + a.ID}},
		},
	}
	if a.Withdrawn != nil {
		handle.Status, handle.WithdrawnDate = v6.VulnerabilityRejected, a.Withdrawn
	}
	if err := w.AddVulnerabilities(handle); err != nil {
		return err
	}
	for _, packageName := range a.Packages {
		for _, affected := range a.Ranges {
			err := w.AddAffectedPackages(&v6.AffectedPackageHandle{
				Vulnerability: handle, VulnerabilityID: handle.ID,
				Package:   &v6.Package{Ecosystem: string(ecosystem), Name: name.Normalize(packageName, ecosystem)},
				BlobValue: &v6.PackageBlob{CVEs: a.CVEs, Ranges: []v6.Range{affected.row(format, affected.Versions, nil)}},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s releaseState) write(w v6.Writer, provider *v6.Provider, a distributionAdvisory, system release) error {
	handle := &v6.VulnerabilityHandle{
		Name: a.CVE, Status: v6.VulnerabilityActive, PublishedDate: a.Published, ModifiedDate: a.Published,
		Provider: provider, ProviderID: provider.ID,
		BlobValue: &v6.VulnerabilityBlob{
			ID: a.CVE, Description: a.Summary, Severities: severities(s.Severity, ""),
			References: []v6.Reference{{URL: system.Tracker + a.CVE}},
		},
	}
	if err := w.AddVulnerabilities(handle); err != nil {
		return err
	}
	versions := s.Versions
	if versions == "" && s.Fixed != "" {
		versions = "< " + s.Fixed
	}
	return w.AddAffectedPackages(&v6.AffectedPackageHandle{
		Vulnerability: handle, VulnerabilityID: handle.ID,
		OperatingSystem: system.row(),
		Package:         &v6.Package{Ecosystem: system.Packages, Name: a.Source},
		BlobValue:       &v6.PackageBlob{CVEs: []string{a.CVE}, Ranges: []v6.Range{s.row(system.Versions, versions, s.Advisory)}},
	})
}

func (c cve) write(w v6.Writer, provider *v6.Provider, id string) error {
	status := v6.VulnerabilityActive
	if c.Disputed {
		status = v6.VulnerabilityDisputed
	}
	err := w.AddVulnerabilities(&v6.VulnerabilityHandle{
		Name: id, Status: status, Provider: provider, ProviderID: provider.ID,
		BlobValue: &v6.VulnerabilityBlob{
			ID: id, Description: c.Summary, Severities: severities("", c.CVSS),
			References: []v6.Reference{{URL: "https://nvd.nist.gov/vuln/detail/" + id}},
		},
	})
	if err != nil {
		return err
	}
	for _, weakness := range c.CWEs {
		if err := w.AddCWE(&v6.CWEHandle{CVE: id, CWE: weakness, Source: "nvd@nist.gov", Type: "Primary"}); err != nil {
			return err
		}
	}
	if c.EPSS != nil {
		row := v6.EpssHandle{Cve: id, Epss: c.EPSS.Score, Percentile: c.EPSS.Percentile, Date: epssDate}
		if err := w.AddEpss(&row); err != nil {
			return err
		}
	}
	if c.Exploited == nil {
		return nil
	}
	return w.AddKnownExploitedVulnerabilities(&v6.KnownExploitedVulnerabilityHandle{
		Cve: id,
		BlobValue: &v6.KnownExploitedVulnerabilityBlob{
			Cve: id, VendorProject: c.Exploited.Vendor, Product: c.Exploited.Product, DateAdded: &c.Exploited.Added,
			KnownRansomwareCampaignUse: c.Exploited.Ransomware,
		},
	})
}
