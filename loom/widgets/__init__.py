"""What is on the screen, one widget a module; they know the core and the markup, nothing else.

Import from the modules; this package imports none of them, so that a start pays only for what it
shows. Attributes go down, messages go up.

theme, styles, ink      colours, where the style sheets lie, names of meaning to colours
header                  Header: title, model, place
transcript, message_list, markdown, scrollable
                        the conversation, drawn line by line
input                   PromptInput; of it: prompt_area, sources, history, pasted
completion              CompletionList
status_bar, spinner     StatusBar, Spinner; the keys that it names are shortcuts
thread_list             ThreadList, the left pane
tool_panel              ToolPanel, the right pane; its model is tool_log
modal                   Modal, the base; on it: confirm_modal, permission_modal; picker_modal
choices, preview        ChoiceRow and Preview, of which modals are made
keys                    names of actions, and keys as people write them
cells, labels           text fitted into cells; times, amounts and sizes in few of them
"""
