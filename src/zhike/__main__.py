from zhike.cli import main

main()
