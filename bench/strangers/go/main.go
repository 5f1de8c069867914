// Checks a record with the note and tlog packages of golang.org/x/mod: signatures, tiles, entries, proofs.
//
// Use: check FOLDER LOG_VKEY WITNESS_VKEYS QUORUM PROOFS SEED
//
// Ours are the paths of the files, the framing of entries, and the one kind of signature that the package lacks.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// verdict is what the program prints; it gives the counts of what was found right.
type verdict struct {
	Verdict      string `json:"verdict"`
	Why          string `json:"why,omitempty"`
	Entries      int64  `json:"entries"`
	Inclusion    int    `json:"inclusion"`
	Consistency  int    `json:"consistency"`
	Cosignatures int    `json:"cosignatures"`
}

func main() {
	args, numbers := os.Args[1:], [3]int{}
	if len(args) != 6 {
		log.Fatal("give FOLDER LOG_VKEY WITNESS_VKEYS QUORUM PROOFS SEED")
	}
	for i := range numbers {
		var err error
		if numbers[i], err = strconv.Atoi(args[3+i]); err != nil {
			log.Fatal(err)
		}
	}
	found := verdict{Verdict: "accepts"}
	if err := check(folder(args[0]), args[1], args[2], numbers, &found); err != nil {
		found = verdict{Verdict: "refuses", Why: err.Error()}
	}
	json.NewEncoder(os.Stdout).Encode(found)
}

func check(record folder, logFile, witnessFile string, numbers [3]int, found *verdict) error {
	tree, err := checkpoint(record, logFile, witnessFile, numbers[0], found)
	if err != nil {
		return err
	}
	proven := tlog.TileHashReader(tree, record)
	if root, err := tlog.TreeHash(tree.N, proven); err != nil {
		return err
	} else if root != tree.Hash {
		return fmt.Errorf("the root of the tiles is not the checkpoint's")
	}
	if err := entries(record, tree, proven, found); err != nil {
		return err
	}
	return proofs(tree, proven, numbers[1], rand.New(rand.NewSource(int64(numbers[2]))), found)
}

// checkpoint opens the note, which must bear the log's signature and those of as many witnesses as the quorum.
func checkpoint(record folder, logFile, witnessFile string, quorum int, found *verdict) (tlog.Tree, error) {
	signed, err1 := os.ReadFile(filepath.Join(string(record), "checkpoint"))
	logKeys, err2 := os.ReadFile(logFile)
	witnessKeys, err3 := os.ReadFile(witnessFile)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return tlog.Tree{}, err
		}
	}
	author, err := note.NewVerifier(strings.TrimSpace(string(logKeys)))
	if err != nil {
		return tlog.Tree{}, err
	}
	known := []note.Verifier{author}
	for _, vkey := range strings.Fields(string(witnessKeys)) {
		witness, err := newWitness(vkey)
		if err != nil {
			return tlog.Tree{}, err
		}
		known = append(known, witness)
	}
	opened, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return tlog.Tree{}, err
	}
	byLog := false
	for _, signature := range opened.Sigs {
		if signature.Name == author.Name() && signature.Hash == author.KeyHash() {
			byLog = true
		} else {
			found.Cosignatures++
		}
	}
	if !byLog {
		return tlog.Tree{}, fmt.Errorf("not signed by the log")
	}
	if found.Cosignatures < quorum {
		return tlog.Tree{}, fmt.Errorf("signed by %d witnesses, where %d must", found.Cosignatures, quorum)
	}
	// The package reads the checkpoints of one log only, which is told by their first line.
	rest := strings.TrimPrefix(opened.Text, author.Name()+"\n")
	if rest == opened.Text {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is not of %s", author.Name())
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

// entries hashes every entry and compares it with its hash in the tiles, which lead to the root.
func entries(record folder, tree tlog.Tree, proven tlog.HashReader, found *verdict) error {
	for n := int64(0); n<<8 < tree.N; n++ {
		width := tree.N - n<<8
		if width > 256 {
			width = 256
		}
		bundle, err := record.read(tlog.Tile{H: 8, L: -1, N: n, W: int(width)})
		if err != nil {
			return err
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, n<<8+int64(i))
		}
		hashes, err := proven.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, hash := range hashes {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("entry %d is cut short", n<<8+int64(i))
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			if tlog.RecordHash(bundle[2:end]) != hash {
				return fmt.Errorf("entry %d has not the hash that the tree has", n<<8+int64(i))
			}
			bundle = bundle[end:]
			found.Entries++
		}
		if len(bundle) != 0 {
			return fmt.Errorf("bundle %d holds more than its entries", n)
		}
	}
	return nil
}

// proofs makes and checks so many proofs of either kind, between sizes drawn at random.
func proofs(tree tlog.Tree, proven tlog.HashReader, count int, chance *rand.Rand, found *verdict) error {
	for i := 0; i < count; i++ {
		size := 1 + chance.Int63n(tree.N)
		before, index := 1+chance.Int63n(size), chance.Int63n(size)
		root, err1 := tlog.TreeHash(size, proven)
		leaf, err2 := proven.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		inclusion, err3 := tlog.ProveRecord(size, index, proven)
		older, err4 := tlog.TreeHash(before, proven)
		consistency, err5 := tlog.ProveTree(size, before, proven)
		for _, err := range []error{err1, err2, err3, err4, err5} {
			if err != nil {
				return err
			}
		}
		if err := tlog.CheckRecord(inclusion, size, root, index, leaf[0]); err != nil {
			return fmt.Errorf("entry %d in a tree of %d: %w", index, size, err)
		}
		if err := tlog.CheckTree(consistency, size, root, before, older); err != nil {
			return fmt.Errorf("a tree of %d in one of %d: %w", before, size, err)
		}
		found.Inclusion++
		found.Consistency++
	}
	return nil
}

// folder is where the record's files lie; it reads tiles for the package.
type folder string

func (f folder) Height() int                     { return 8 }
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = f.read(tile); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// read maps `tile/8/0/…` and `tile/8/data/…`, as the package writes them, to `tile/0/…` and `tile/entries/…`.
func (f folder) read(tile tlog.Tile) ([]byte, error) {
	path := strings.Replace(strings.Replace(tile.Path(), "tile/8/", "tile/", 1), "/data/", "/entries/", 1)
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(path)))
}

// witness verifies Ed25519 cosignatures (C2SP tlog-cosignature, type 0x04), which the package does not know.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(vkey string) (*witness, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("`%s` is not a witness's key", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if err != nil || len(key) != 33 || key[0] != 4 || fmt.Sprintf("%x", id[:4]) != parts[1] {
		return nil, fmt.Errorf("`%s` is not a witness's key", vkey)
	}
	return &witness{parts[0], binary.BigEndian.Uint32(id[:4]), key[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 72 {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := bytes.Join([][]byte{[]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text}, nil)
	return ed25519.Verify(w.key, message, signature[8:])
}
