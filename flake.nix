{
  description = "Loom, a terminal AI coding agent with a server of its own";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
      eachSystem = build: nixpkgs.lib.genAttrs systems (system: build nixpkgs.legacyPackages.${system});
      # The programs Loom runs when they are on PATH; bubblewrap exists on Linux only.
      programs =
        pkgs:
        [
          pkgs.git
          pkgs.ripgrep
        ]
        ++ pkgs.lib.optional pkgs.stdenv.hostPlatform.isLinux pkgs.bubblewrap;
    in
    {
      packages = eachSystem (
        pkgs:
        let
          python = pkgs.python3Packages;
        in
        {
          default = python.buildPythonApplication {
            pname = "loom";
            version = "0.1.0";
            pyproject = true;
            src = self;
            build-system = [ python.hatchling ];
            dependencies = [
              python.aiohappyeyeballs
              python.aiohttp
              python.aiosmtplib
              python.aiosqlite
              python.authlib
              python.httptools
              python.joserfc
              python.linkify-it-py
              python.markdown-it-py
              python.msgspec
              python.pathspec
              python.pygments
              python.rich
              python.segno
              python.textual
              python.textual-serve
              python.tree-sitter
              python.tree-sitter-grammars.tree-sitter-bash
              python.uvloop
            ];
            makeWrapperArgs = [ "--prefix PATH : ${pkgs.lib.makeBinPath (programs pkgs)}" ];
            # nixpkgs follows its own versions; the bounds are kept by `make check`.
            pythonRelaxDeps = true;
            pythonImportsCheck = [ "loom.cli.main" ];
            meta = {
              description = "A terminal AI coding agent with a server of its own";
              license = pkgs.lib.licenses.asl20;
              mainProgram = "loom";
            };
          };
        }
      );

      # Python and the programs come from nixpkgs, Loom itself from `make run` and `make test`.
      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.gnumake
            pkgs.python3
            pkgs.uv
          ]
          ++ programs pkgs;
        };
      });
    };
}
